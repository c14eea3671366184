package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// kept is the share of a bucket that messages of an urgency leave to more urgent ones.
var kept = map[Urgency]float64{Now: 0, Normal: 0.25, Bulk: 0.5}

// patience is for how long, in real time, a message waits for a token within its step. Bulk waits elsewhere, so that it
// does not hold the worker's places.
var patience = map[Urgency]time.Duration{Now: 2 * time.Second, Normal: 2 * time.Second, Bulk: 250 * time.Millisecond}

const (
	// leaseLife is for how long a worker may use tokens that it has leased; longer, and a pause of the provider would be
	// passed over.
	leaseLife = time.Second
	// maxLease bounds what one worker takes at once, as a share of a second's tokens.
	maxLease = 0.25
	// spread tells those who have to come back apart.
	spread = 2 * time.Second
)

// bucket is a worker's view of the token bucket of one provider, which stands in provider_limits. It leases tokens for
// everybody who waits in this process, and a few more when they went fast, so that a burst costs one statement for
// several messages.
type bucket struct {
	pool     *pgxpool.Pool
	q        *query.Queries
	provider string
	// limit is the refill per second, and burst, one second's worth, what the bucket holds.
	limit, burst float64
	waiting      [Bulk + 1]atomic.Int32

	turn sync.Mutex // held while leasing

	mu          sync.Mutex
	tokens      [Bulk + 1]int
	expires     time.Time
	size        [Bulk + 1]int // of the last lease
	emptyUntil  [Bulk + 1]time.Time
	pausedUntil time.Time
}

func newBucket(pool *pgxpool.Pool, provider string, perSecond float64) *bucket {
	return &bucket{pool: pool, q: query.New(), provider: provider, limit: perSecond, burst: max(1, perSecond)}
}

// token is the right to call a provider once.
type token struct {
	bucket *bucket
	pool   Urgency
	waited bool // it took a while to get
}

// giveBack returns a token that was not used.
func (t token) giveBack() {
	if t.bucket == nil {
		return
	}
	t.bucket.mu.Lock()
	defer t.bucket.mu.Unlock()
	t.bucket.tokens[t.pool]++
}

// take waits for a token, a moment at most. Errors: process.RateLimited with the time to come back.
func (c *Core) take(ctx context.Context, provider string, u Urgency) (token, error) {
	b := c.buckets[provider]
	if b == nil {
		return token{}, nil
	}
	began := time.Now()
	b.waiting[u].Add(1)
	defer b.waiting[u].Add(-1)
	for {
		if t, ok := b.local(u); ok {
			t.waited = time.Since(began) > 50*time.Millisecond
			return t, nil
		}
		wait, err := b.lease(ctx, u)
		if err != nil {
			return token{}, err
		}
		if wait == 0 {
			continue
		}
		if time.Since(began)+wait > patience[u] {
			return token{}, process.RateLimited("the pace of provider "+provider+" is used up", wait+rand.N(spread))
		}
		select {
		case <-ctx.Done():
			return token{}, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// local takes a token that this process has leased, also one that was meant for less urgent messages.
func (b *bucket) local(u Urgency) (token, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Now().After(b.expires) {
		b.tokens = [Bulk + 1]int{}
		return token{}, false
	}
	for pool := u; pool <= Bulk; pool++ {
		if b.tokens[pool] > 0 {
			b.tokens[pool]--
			return token{bucket: b, pool: pool}, true
		}
	}
	return token{}, false
}

func (b *bucket) keep(u Urgency) float64 {
	return min(kept[u]*b.burst, b.burst-1)
}

// lease gets tokens from the shared bucket. It returns 0 when there may be some now, else how long to wait.
func (b *bucket) lease(ctx context.Context, u Urgency) (time.Duration, error) {
	b.turn.Lock()
	defer b.turn.Unlock()
	b.mu.Lock()
	if b.tokens[u] > 0 && time.Now().Before(b.expires) { // somebody else leased while we waited for our turn
		b.mu.Unlock()
		return 0, nil
	}
	if rest := max(time.Until(b.pausedUntil), time.Until(b.emptyUntil[u])); rest > 0 {
		b.mu.Unlock()
		return rest, nil
	}
	want := int(b.waiting[u].Load())
	if time.Now().Before(b.expires) {
		want = max(want, 2*b.size[u]) // the last lease was used up before its time
	}
	want = max(1, min(want, int(maxLease*b.limit)))
	b.mu.Unlock()

	now := time.Now().UTC()
	row, err := b.q.LeaseTokens(ctx, b.pool, query.LeaseTokensParams{
		Provider: b.provider, PerSecond: b.limit, Burst: b.burst, Want: float64(want), Keep: b.keep(u), Now: now,
	})
	if err != nil {
		return 0, fmt.Errorf("lease tokens of provider %s: %w", b.provider, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if granted := int(row.Granted); granted > 0 {
		if time.Now().After(b.expires) {
			b.tokens = [Bulk + 1]int{}
		}
		b.tokens[u] += granted
		b.size[u] = granted
		b.expires = time.Now().Add(leaseLife)
		return 0, nil
	}
	wait := max(b.refill(u, row.Tokens, 1), min(b.refill(u, row.Tokens, want), gather)) + max(0, row.RefilledAt.Sub(now))
	b.emptyUntil[u] = time.Now().Add(wait)
	return wait, nil
}

// gather is how long those who wait let tokens gather, so as to ask for several at once.
const gather = 100 * time.Millisecond

// refill is how long it takes until the bucket, at level now, has so many tokens for an urgency.
func (b *bucket) refill(u Urgency, level float64, tokens int) time.Duration {
	missing := max(0, b.keep(u)+float64(tokens)-level)
	return time.Duration(missing / b.limit * float64(time.Second))
}

// pause empties the bucket for all workers until an instant. A worker that cannot say so keeps to it by itself.
func (b *bucket) pause(ctx context.Context, until time.Time) {
	b.mu.Lock()
	b.tokens = [Bulk + 1]int{}
	if until.After(b.pausedUntil) {
		b.pausedUntil = until
	}
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = b.q.PauseProvider(ctx, b.pool, query.PauseProviderParams{
		Provider: b.provider, PerSecond: b.limit, Burst: b.burst, Until: until.UTC(),
	})
}
