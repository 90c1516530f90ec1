// @vitest-environment node
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';

// What is shown at /embed is code that people copy: it must call the loader by the
// names that the loader has.
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const loader = read('ui/widget/loader/loader.ts');
const examples = ['plain/index.html', 'react/Help.tsx', 'android/HelpActivity.kt', 'ios/HelpView.swift'] as const;
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((m) => m[1]!);

test.each(examples)('%s gives commands that the loader takes', (path) => {
  const taken = all(/type Command = \[name: ([^,]*),/.exec(loader)![1]!, /'(\w+)'/g);
  expect(taken.sort()).toEqual(['close', 'identify', 'open']);
  const given = all(read(`examples/${path}`), /kefu\('(\w+)'/g);
  expect(given.length).toBeGreaterThan(0);
  for (const command of given) expect(taken).toContain(command);
});

test.each(['plain/index.html', 'react/Help.tsx'] as const)('%s sets attributes that the loader reads', (path) => {
  const readBack = all(/const \{([^}]*)\} = script\.dataset/.exec(loader)![1]!, /\b(kefu\w+)/g);
  const text = read(`examples/${path}`);
  const set = [...all(text, /dataset\.(kefu\w+)/g), ...all(text, /data-kefu-(\w+)=/g).map((name) => `kefu${name[0]!.toUpperCase()}${name.slice(1)}`)];
  expect(set.length).toBeGreaterThan(0);
  for (const name of set) expect(readBack).toContain(name);
  expect(text).toContain('https://kefu.example/widget.js');
});

test('a transaction is named as the loader reads it', () => {
  const [member] = all(/type About = \{([^}]*)\}/.exec(loader)![1]!, /(\w+)\?:/g);
  expect(member).toBe('transaction');
  for (const path of ['react/Help.tsx', 'android/HelpActivity.kt', 'ios/HelpView.swift']) expect(read(`examples/${path}`)).toMatch(/\{ ?transaction/);
});

test('an app does what the window asks of it', () => {
  // The window opens links and files in a new window, and asks for many files or a photo.
  expect(read('ui/widget/frame/Message.svelte')).toContain("target = '_blank'");
  expect(read('ui/widget/frame/Composer.svelte')).toMatch(/type="file" multiple/);
  expect(read('ui/widget/frame/files/Chooser.svelte')).toContain('capture="environment"');
  const android = read('examples/android/HelpActivity.kt');
  for (const part of ['shouldOverrideUrlLoading', 'isForMainFrame', 'onShowFileChooser', 'EXTRA_ALLOW_MULTIPLE', 'clipData', 'isCaptureEnabled', 'ACTION_IMAGE_CAPTURE', 'onBackPressedDispatcher', 'setOnApplyWindowInsetsListener', 'domStorageEnabled = true', 'R.string.help_no_app']) expect(android).toContain(part);
  const ios = read('examples/ios/HelpView.swift');
  for (const part of ['createWebViewWith', 'decidePolicyFor', 'NSCameraUsageDescription', 'didFinish']) expect(ios).toContain(part);
  // A link that no app takes is told of, with its address.
  expect(/catch \(none: ActivityNotFoundException\) \{[^}]*\bToast\.makeText\([^}]*schemeSpecificPart/.test(android.slice(android.indexOf('private fun start')))).toBe(true);
  expect(android).toMatch(/^import android\.widget\.Toast$/m);
  expect(ios).toMatch(/open\(url\) \{ opened in\s+if !opened/);
  for (const app of [android, ios]) {
    expect(app).toContain('https://wallet.example/help');
    // Links of any other kind would start other apps.
    expect(all(/(?:listOf\(|\[)("https".*?)[\])]/.exec(app)![1]!, /"(\w+)"/g)).toEqual(['https', 'http', 'mailto', 'tel']);
    for (const [open, close] of ['()', '{}', '[]'] as const) expect(app.split(open!).length, `${open} and ${close}`).toBe(app.split(close!).length);
  }
});

// A compiler with all types of a browser: on a busy machine that takes its time.
test('the component for React is TypeScript without a mistake', { timeout: 120_000 }, () => {
  const file = new URL('../../examples/react/Help.tsx', import.meta.url).pathname;
  const types = (path: string) => new URL(`../node_modules/@types/${path}`, import.meta.url).pathname;
  const program = ts.createProgram([file], {
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    paths: { react: [types('react/index.d.ts')], 'react/jsx-runtime': [types('react/jsx-runtime.d.ts')] },
  });
  const said = ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'));
  expect(said).toEqual([]);
  // The check is one: a wrong call is found.
  const wrong = ts.createProgram([file], { ...program.getCompilerOptions() }, { ...ts.createCompilerHost({}), readFile: (path) => (path === file ? ts.sys.readFile(path)!.replace("kefu('open'", "kefu('opens'") : ts.sys.readFile(path)), getSourceFile: (path, version) => ts.createSourceFile(path, (path === file ? ts.sys.readFile(path)!.replace("kefu('open'", "kefu('opens'") : ts.sys.readFile(path)) ?? '', version) });
  expect(ts.getPreEmitDiagnostics(wrong).length).toBeGreaterThan(0);
});

test('photos of documents are never put where other apps find them', () => {
  const android = read('examples/android/HelpActivity.kt');
  expect(android).not.toMatch(/MediaStore\.(Images|Video|Files)|contentResolver/);
  expect(android).toMatch(/FileProvider\.getUriForFile\(this, "\$packageName\.help"/);
  expect(android).toMatch(/android:authorities="\$\{applicationId\}\.help"/);
  expect(android).toMatch(/onDestroy\(\) \{[^}]*photos\.deleteRecursively\(\)/);
});
