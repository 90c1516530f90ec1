/** What the browser says of itself, in words that a person reads before they agree to send it. */
export function diagnostics(app: string | undefined, browser: Pick<Navigator, 'userAgent' | 'language'>, view: Pick<Window, 'innerWidth' | 'innerHeight' | 'devicePixelRatio'>): Record<string, string> {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return {
    browser: nameOf(browser.userAgent),
    language: browser.language,
    ...(timeZone && { time_zone: timeZone }),
    screen: `${view.innerWidth}×${view.innerHeight} @${view.devicePixelRatio}`,
    ...(app && { app }),
  };
}

// Name and version alone: the whole line would tell more than the cause needs.
function nameOf(agent: string): string {
  const system = /Android [\d.]+|iPhone OS [\d_]+|CPU OS [\d_]+|Mac OS X|Windows NT [\d.]+|Linux/.exec(agent)?.[0]?.replaceAll('_', '.') ?? '';
  const browsers: [RegExp, string][] = [
    [/MicroMessenger\/([\d.]+)/, 'WeChat'],
    [/Edg\w*\/([\d.]+)/, 'Edge'],
    [/(?:Firefox|FxiOS)\/([\d.]+)/, 'Firefox'],
    [/(?:Chrome|CriOS)\/([\d.]+)/, 'Chrome'],
    [/Version\/([\d.]+).*Safari/, 'Safari'],
  ];
  for (const [form, name] of browsers) {
    const version = form.exec(agent)?.[1];
    if (version) return [`${name} ${version.split('.')[0]}`, system].filter(Boolean).join(', ');
  }
  return system || '?';
}
