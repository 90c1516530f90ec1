import '@testing-library/jest-dom/vitest';
import { configure } from '@testing-library/svelte';

// What is waited for comes at once on a quiet machine; on a busy one it may take
// longer than the library's second. A test that hangs still ends.
configure({ asyncUtilTimeout: 10_000 });
