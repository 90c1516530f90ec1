export const words = {
  credit: {
    running: 'You can use it. If we find that no mistake was made, we tell you first and take it back.', kept: 'It stays yours.', part: 'What was decided for you stays yours.', owed: 'It was not decided for you: we write to you before it is taken back.', taken: 'It was taken back.',
  } as Record<string, string>,
  event: {
    opened: 'You told us', noticed: 'You told us again', asked: 'We asked you for', received: 'Received', paused: 'The time stood still', resumed: 'The time went on', informed: 'We wrote how it stands', promised: 'We said by when', extended: 'It takes longer',
    credited: 'Credited', credit_taken: 'Credit taken back', written: 'Letter', appealed: 'You did not accept it', withdrawn: 'Taken back', closed: 'Closed', reopened: 'Opened again', added: 'You added', erased: 'Erased', prepared: 'Your copy is ready', fetched: 'You fetched your copy',
  } as Record<string, string>,
};

export type StoryWords = typeof words;
