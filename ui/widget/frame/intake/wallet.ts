/** A sum as a wallet tells it. */
export interface Money {
  amount: string;
  currency: string;
}

/** A transaction of one's own, to choose from. `at` is in microseconds since 1970. */
export interface Known {
  id: string;
  amount: Money;
  direction: 'in' | 'out';
  kind: string;
  at: number;
  party?: string;
  state: string;
}

export interface Page {
  items: Known[];
  next?: string;
}

/** A sum as people read it. A currency that the browser does not know keeps its code. */
export function money({ amount, currency }: Money, lang: string): string {
  const digits = amount.split('.')[1]?.length ?? 0;
  try {
    if (/^[A-Z]{3}$/.test(currency)) {
      return new Intl.NumberFormat(lang, { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: Math.max(digits, 0) }).format(amount as unknown as number);
    }
  } catch {
    // Not a currency that it knows.
  }
  return `${amount} ${currency}`;
}
