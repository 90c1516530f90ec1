export const words = {
  request: { copy: 'A copy of your data', correct: 'A correction of your data', erase: 'The erasure of your data', restrict: 'Your data kept and not used', object: 'Your objection to a decision', explain: 'How something was decided', other: 'A request about data' } as Record<string, string>,
  copy: 'Your copy',
  copyLead: 'Everything that is kept of you here, as pages to read and as data to take elsewhere, in one signed file. It is put together while it is fetched. Keep it where nobody else reads it.',
  copyFetch: 'Fetch my copy',
  copied: { begun: 'It is being fetched: your browser shows how far it is. Each press makes a new copy.', proof: 'First confirm in your wallet that it is you. Then come back here within ten minutes.', failed: 'That did not work. Try again in a moment; if it stays so, write to us.' } as Record<string, string>,
  prove: 'Is it you?',
  proveLead: 'Nothing is erased or corrected before it is certain that you ask for it. Confirm in your wallet that it is you, then press here within ten minutes.',
  proveDo: 'I have confirmed it',
  proved: 'It is noted that you ask for it.',
  still: 'Kept, and not used',
  stillLead: (day: string) => `Since ${day} what we keep of you here is kept and used for nothing but what you ask us for, what a law asks, and claims.`,
  liftAt: (day: string) => `From ${day} on it is used again, as we wrote to you.`,
  lift: 'Let it be used again',
  liftAsk: 'Then we use it again as before your request, at once.',
  liftYes: 'Yes, use it again',
  credit: {
    running: 'You can use it. If we find that no mistake was made, we tell you first and take it back.', kept: 'It stays yours.', part: 'What was decided for you stays yours.', owed: 'It was not decided for you: we write to you before it is taken back.', taken: 'It was taken back.',
  } as Record<string, string>,
  event: {
    opened: 'You told us', noticed: 'You told us again', asked: 'We asked you for', received: 'Received', paused: 'The time stood still', resumed: 'The time went on', informed: 'We wrote how it stands', promised: 'We said by when', extended: 'It takes longer',
    credited: 'Credited', credit_taken: 'Credit taken back', written: 'Letter', appealed: 'You did not accept it', withdrawn: 'Taken back', closed: 'Closed', reopened: 'Opened again', added: 'You added', erased: 'Erased', prepared: 'Your copy is ready', fetched: 'You fetched your copy', identified: 'You confirmed that it is you', lift_told: 'We told you from when on it is used again', lifted: 'It is used again',
  } as Record<string, string>,
};

export type StoryWords = typeof words;
