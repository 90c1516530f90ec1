import { mount } from 'svelte';
import '../../kit/base.css';
import App from './App.svelte';
import { start } from './start.svelte.ts';

const { chat, words } = start();
mount(App, { target: document.getElementById('app')!, props: { chat, words } });
