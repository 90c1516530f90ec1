import { mount } from 'svelte';
import './shell/desk.css';
import App from './shell/App.svelte';
import { Desk } from './shell/desk.svelte.ts';

mount(App, { target: document.getElementById('app')!, props: { desk: new Desk() } });
