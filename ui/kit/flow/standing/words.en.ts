export const words = {
  incident: 'A fault on the way',
  maintenance: 'Maintenance',
  over: 'Over by',
  periods: { transaction: 'For each payment', day: 'A day', week: 'A week', month: 'A month', year: 'A year' } as Record<string, string>,
  used: (used: string, max: string) => `${used} of ${max} used`,
  resets: 'New from',
  raise: { verify_identity: 'For more, confirm in the wallet who you are.', verify_income: 'For more, show your income in the wallet.' } as Record<string, string>,
  noLimits: 'No limit is set at present.',
  placedBy: { customer: 'You set this yourself.', support: 'Our team set this.', wallet: 'The wallet set this for safety.', authority: 'An authority asked for this.' } as Record<string, string>,
  until: 'Until',
  stopWhy: { customer_reports_fraud: 'You reported fraud.' } as Record<string, string>,
  release: { customer: 'You can lift it yourself.', support: 'Our team lifts it.', review: 'It is lifted after a check.', authority: 'The authority lifts it.', time: 'It ends by itself.' } as Record<string, string>,
  noStops: 'Nothing is stopped at present.',
  lastSeen: 'Last seen',
};

export type StandingWords = typeof words;
