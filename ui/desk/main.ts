import { mount } from 'svelte';
import '../kit/base.css';
import App from './App.svelte';
import { Desk } from './desk.svelte.ts';

mount(App, { target: document.getElementById('app')!, props: { desk: new Desk() } });
