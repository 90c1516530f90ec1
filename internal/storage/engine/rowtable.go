package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	"modernc.org/sqlite/vtab"

	"kefu/internal/platform/fault"
)

// rowTable is a table of SQLite's writing connection whose rows are those of the
// Rowset that is being executed, read where they lie in memory
// (https://sqlite.org/vtab.html). Taking every value out of JSON instead costs a
// sixth of all that a commit does.
type rowTable struct {
	rows *Rowset // set before a statement, by the one goroutine that writes
}

// The name of the table and how many columns it has; they are called c0, c1 and
// so on.
const (
	rowTableName  = "kefu_rows"
	rowTableWidth = 24
)

// column is the SQL of a layout's n-th column.
func (*rowTable) column(n int) string { return "c" + strconv.Itoa(n) }

// Create implements vtab.Module.
func (t *rowTable) Create(ctx vtab.Context, _ []string) (vtab.Table, error) {
	names := make([]string, rowTableWidth)
	for i := range names {
		names[i] = t.column(i)
	}
	return t, ctx.Declare("CREATE TABLE rows (" + strings.Join(names, ", ") + ")")
}

// Connect implements vtab.Module.
func (t *rowTable) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	return t.Create(ctx, args)
}

// BestIndex implements vtab.Table. The table is read from front to end, and the
// planner is told that this is cheap, so that it looks up the stored row for each.
func (*rowTable) BestIndex(info *vtab.IndexInfo) error {
	info.EstimatedCost, info.EstimatedRows = 64, 64
	return nil
}

// Open implements vtab.Table.
func (t *rowTable) Open() (vtab.Cursor, error) { return &rowCursor{table: t}, nil }

// Disconnect implements vtab.Table.
func (*rowTable) Disconnect() error { return nil }

// Destroy implements vtab.Table.
func (*rowTable) Destroy() error { return nil }

// rowCursor reads the Rowset that was there when its statement began.
type rowCursor struct {
	table *rowTable
	rows  *Rowset
	at    int
}

// Filter implements vtab.Cursor.
func (c *rowCursor) Filter(int, string, []vtab.Value) error {
	if c.rows, c.at = c.table.rows, 0; c.rows == nil {
		return errors.New("a statement over rows was run without any")
	}
	return nil
}

// Next implements vtab.Cursor.
func (c *rowCursor) Next() error { c.at++; return nil }

// Eof implements vtab.Cursor.
func (c *rowCursor) Eof() bool { return c.at >= c.rows.rows }

// Column implements vtab.Cursor.
func (c *rowCursor) Column(n int) (vtab.Value, error) {
	switch c.rows.layout.columns[n].typ {
	case intColumn:
		return c.rows.ints[n][c.at], nil
	case bytesColumn:
		return c.rows.blobs[n][c.at], nil
	default:
		return c.rows.texts[n][c.at], nil
	}
}

// Rowid implements vtab.Cursor.
func (c *rowCursor) Rowid() (int64, error) { return int64(c.at), nil }

// Close implements vtab.Cursor.
func (*rowCursor) Close() error { return nil }

// rowConnector opens connections of SQLite that have a rowTable.
type rowConnector struct {
	driver *sqlite.Driver
	dsn    string
}

func newRowConnector(dsn string, table *rowTable) (*rowConnector, error) {
	c := &rowConnector{driver: &sqlite.Driver{}, dsn: dsn}
	return c, c.driver.RegisterModule(rowTableName, table)
}

// Driver implements driver.Connector.
func (c *rowConnector) Driver() driver.Driver { return c.driver }

// Connect implements driver.Connector.
func (c *rowConnector) Connect(ctx context.Context) (driver.Conn, error) {
	const op = "engine.Connect"
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	executor, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(fault.New(fault.Internal, op, "SQLite's connection executes nothing"), conn.Close())
	}
	if _, err := executor.ExecContext(ctx, "CREATE VIRTUAL TABLE temp."+rowTableName+" USING "+rowTableName, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
