export const words = {
  ask: 'How did it go?',
  scores: ['Very badly', 'Badly', 'So-so', 'Well', 'Very well'],
  thanks: 'Thank you.',
  more: 'Would you like to say why?',
  send: 'Send',
  sent: 'Thank you, we have it.',
  failed: 'It could not be sent. Try again in a moment.',
};

export type AfterWords = typeof words;
