package floor

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const closeTimeout = 5 * time.Second

// postgresStore writes a batch by one INSERT from arrays, in one round trip.
type postgresStore struct {
	conn                  *pgx.Conn
	convs, ids, texts     []string
	sequences, timestamps []int64
}

func openPostgres(ctx context.Context, dsn string) (*postgresStore, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("floor: connecting to the database: %w", err)
	}
	for _, statement := range []string{
		`DROP TABLE IF EXISTS floor_message`,
		`CREATE TABLE floor_message (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			conv TEXT NOT NULL, seq BIGINT NOT NULL, client_msg_id TEXT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL)`,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			_ = conn.Close(ctx)
			return nil, fmt.Errorf("floor: creating the table: %w", err)
		}
	}
	return &postgresStore{conn: conn}, nil
}

func (p *postgresStore) write(ctx context.Context, rows []row) error {
	p.convs, p.ids, p.texts = p.convs[:0], p.ids[:0], p.texts[:0]
	p.sequences, p.timestamps = p.sequences[:0], p.timestamps[:0]
	for i := range rows {
		r := &rows[i]
		p.convs, p.ids, p.texts = append(p.convs, r.conv.id), append(p.ids, r.id), append(p.texts, r.text)
		p.sequences, p.timestamps = append(p.sequences, r.seq), append(p.timestamps, r.at)
	}
	_, err := p.conn.Exec(ctx, `INSERT INTO floor_message (conv, seq, client_msg_id, at, body)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[])`,
		p.convs, p.sequences, p.ids, p.timestamps, p.texts)
	return err
}

func (p *postgresStore) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_, _ = p.conn.Exec(ctx, `DROP TABLE IF EXISTS floor_message`)
	return p.conn.Close(ctx)
}
