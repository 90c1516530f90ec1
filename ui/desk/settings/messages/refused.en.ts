/** Why the server did not take a value, by its reason. */
export const reason = {
  missing: 'This is missing.',
  too_long: 'This is too long.',
  too_many: 'There are too many.',
  unknown: 'There is nothing of this name.',
  taken: 'This is there already.',
  control: 'There are characters in it that cannot be seen. Type it anew.',
  malformed: 'This has not the right form.',
  out_of_range: 'This is too small or too large.',
  secret: 'There is a secret in it, such as a card number or a key. Take it out: colleagues read this.',
  never_told: 'This code stands for fraud or law, which no customer is told. That stays so.',
  fixed: 'This stays as it was: earlier conversations name it.',
  asks_remote: 'This asks for control of the customer’s device, or to see its screen. We never do.',
  asks_safe_account: 'This asks customers to move money to an account that somebody names. We never do.',
  asks_secret: 'This asks for a password, a code or a recovery phrase. Nobody may ask customers for that. Ask for something else.',
  has_figure: 'No number, sum or share can be in this: what something costs comes from the wallet’s list of fees.',
  in_use: 'Something else still needs this. Change that first.',
  private_key: 'This is a private key. Paste the public half, and replace this key in your wallet: it has been copied.',
  unsupported: 'This kind of key is not supported. Use Ed25519, or P-256, and one that fits the accepted algorithms.',
  no_kid: 'The key has no name. Give it a “kid”, the one that your tokens carry.',
  no_country: 'Say its country, or begin with + and the country’s number.',
  confusing: 'It is written with letters that look like others. Type it with plain letters.',
  not_https: 'It has to begin with https://. Plain http is for localhost alone.',
  fresh: 'You or your colleague came back by a new sign-in link within the last three days. Somebody else has to approve this.',
  waiting: 'A change of this waits for approval already. Decide it or take it back first.',
} as Record<string, string>;

/** What a member of a value is called where a sentence has to name it. */
export const field = { bounds: 'Limits', reasons: 'Reasons', linked: 'Gifts by one device', repeat: 'Second person', regions: 'For whoever lives in', currencies: 'Currencies', uses: 'What it is for', pay_in: 'How money comes in', traits: 'What it has beside', fees: 'Lines of the list of fees', for: 'For whom', text: 'What stands there', address: 'Where it stands', seen: 'Read there on', actions: 'Right', roles: 'Role', people: 'Person', training: 'Certificate', proof_minutes: 'Proof of the last minutes', networks: 'Network', advice: 'What to do about it', withhold: 'They may not at all', valid_hours: 'Good for hours', about: 'What it is about', kind: 'What it is', network: 'Where', value: 'Value', country: 'Country', below: 'Below it', from: 'From', until: 'Last day', team: 'Team', rules: 'Rules', title: 'Topic', hint: 'Line below the topic', icon: 'Picture', fields: 'Questions', topic: 'Topic for colleagues', tags: 'Tags', skills: 'Skills', week: 'Hours of the week', holidays: 'Holidays', exceptions: 'Exceptions', calendar: 'Hours', first_response: 'First answer', next_response: 'Later answers', resolution: 'Resolution', when: 'Which conversations', order: 'Order', offer_seconds: 'An offer stands for', pass_seconds: 'Passing spares for', unanswered: 'Unanswered offers', last_agent_seconds: 'Wait for the one they know', ageing_seconds: 'Worth of a priority', chat_slots: 'Chats at once', return_seconds: 'Back to the queue after', quiet_seconds: 'Silence counts for', name: 'Name', languages: 'Languages', language: 'Language', time_zone: 'Time zone', support_address: 'Address', description: 'Description', issuer: 'Issuer', audience: 'Audience', keys: 'Key', jwks_url: 'Address of the keys', algorithms: 'Algorithm', origins: 'Page' } as Record<string, string>;
