export const words = {
  request: { copy: 'A copy of your data', correct: 'A correction of your data', erase: 'The erasure of your data', restrict: 'Your data kept and not used', object: 'Your objection to a decision', explain: 'How something was decided', other: 'A request about data' } as Record<string, string>,
  copy: 'Your copy',
  copyLead: 'Everything that is kept of you here, as pages to read and as data to take elsewhere, in one signed file. It is put together while it is fetched. Keep it where nobody else reads it.',
  copyFetch: 'Fetch my copy',
  copied: { begun: 'It is being fetched: your browser shows how far it is. Each press makes a new copy.', proof: 'First confirm in your wallet that it is you. Then come back here within ten minutes.', failed: 'That did not work. Try again in a moment; if it stays so, write to us.' } as Record<string, string>,
  credit: {
    running: 'You can use it. If we find that no mistake was made, we tell you first and take it back.', kept: 'It stays yours.', part: 'What was decided for you stays yours.', owed: 'It was not decided for you: we write to you before it is taken back.', taken: 'It was taken back.',
  } as Record<string, string>,
  event: {
    opened: 'You told us', noticed: 'You told us again', asked: 'We asked you for', received: 'Received', paused: 'The time stood still', resumed: 'The time went on', informed: 'We wrote how it stands', promised: 'We said by when', extended: 'It takes longer',
    credited: 'Credited', credit_taken: 'Credit taken back', written: 'Letter', appealed: 'You did not accept it', withdrawn: 'Taken back', closed: 'Closed', reopened: 'Opened again', added: 'You added', erased: 'Erased', prepared: 'Your copy is ready', fetched: 'You fetched your copy',
  } as Record<string, string>,
};

export type StoryWords = typeof words;
