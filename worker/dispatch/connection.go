package dispatch

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connection is the loop's own connection to the inbox: claims never queue behind other work for one of the pool. Used by
// one goroutine.
type connection struct {
	pool *pgxpool.Pool
	conn *pgx.Conn
}

// inboxPlans keeps the planner on the index that holds the events in the order of their turn. Its statistics are no
// guide: they date from when nothing or everything was pending, and a plan that sorts the backlog costs a second.
const inboxPlans = `set enable_sort = off; set enable_bitmapscan = off; set enable_seqscan = off; set jit = off`

// open returns the connection, a new one when the last has failed.
func (c *connection) open(ctx context.Context) (*pgx.Conn, error) {
	if c.conn != nil && !c.conn.IsClosed() {
		return c.conn, nil
	}
	pooled, err := c.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	conn := pooled.Hijack()
	if _, err := conn.Exec(ctx, inboxPlans); err != nil {
		closeConn(conn)
		return nil, err
	}
	c.conn = conn
	return conn, nil
}

func (c *connection) close() {
	if c.conn != nil {
		closeConn(c.conn)
	}
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // it is of no more use either way
}
