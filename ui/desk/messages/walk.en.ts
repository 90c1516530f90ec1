/** Walking a customer through a flow. */
export const walkEn = {
  title: 'Go through this with them',
  panel: 'Step by step',
  go: 'Go through this with them',
  choose: 'What is it about? The customer sees the same steps in their window, and can answer too.',
  aboutPayment: 'About this payment. The customer sees the same steps in their window, and can answer too.',
  none: 'This wallet answers nothing that a flow needs.',
  together: 'The customer sees this too. Whoever answers first goes on.',
  theirsToAgree: 'Only the customer can agree to this, in their own window. Ask them to look there.',
  watching: 'This is followed, and the customer is told.',
  customerOnly: 'Only the customer may agree to it.',
  notYours: 'Take the conversation over first: whoever has it goes through the steps with them.',
  finished: 'This conversation is finished. Reopen it to go through steps with them, or to see what they did for themselves.',
  many: 'Too much was begun in a short time. Wait a little.',
  state: { asking: 'Under way', working: 'Under way', waiting: 'Waits', ended: 'Over', handed_over: 'Handed to a person', expired: 'Left' } as Record<string, string>,
};

export type WalkMessages = typeof walkEn;
