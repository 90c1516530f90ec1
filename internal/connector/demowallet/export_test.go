package demowallet

import (
	"context"
	"database/sql"
	"math/big"
)

// DB is the open file, for tests that try what the ledger refuses.
func (l *Ledger) DB() *sql.DB { return l.db }

// Tables are those that only grow.
func Tables() []string { return tables() }

// Sums adds up a column of postings: by phase and currency over all accounts, or of
// the transfers of one transaction on one account.
func (l *Ledger) Sums(ctx context.Context, query string, args ...any) (map[string]*big.Int, error) {
	rows, err := l.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]*big.Int{}
	for rows.Next() {
		var key, text string
		if err := rows.Scan(&key, &text); err != nil {
			return nil, err
		}
		amount, _ := new(big.Int).SetString(text, 10)
		if found[key] == nil {
			found[key] = new(big.Int)
		}
		found[key].Add(found[key], amount)
	}
	return found, rows.Err()
}
