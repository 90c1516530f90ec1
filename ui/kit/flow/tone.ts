/** What a state means for whoever worries about their money. */
export type Tone = 'good' | 'open' | 'bad';

/** Money that was not taken, or is where it should be, is no bad news. */
export function toneOfWhere(where: string): Tone {
  return where === 'not_taken' || where === 'came_back' || where === 'arrived' ? 'good' : 'open';
}

export function toneOfRefund(state: string, late: boolean): Tone {
  if (state === 'succeeded') return 'good';
  return state === 'failed' || state === 'abnormal' || late ? 'bad' : 'open';
}

export function toneOfDispute(state: string): Tone {
  if (state === 'won') return 'good';
  return state === 'lost' || state === 'needs_evidence' ? 'bad' : 'open';
}
