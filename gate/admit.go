package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db/query"
)

// erased is the lifecycle of a contact whose data are gone.
const erased = "erased"

// Gate decides on PostgreSQL. It is safe for concurrent use.
type Gate struct{ current atomic.Pointer[numbered] }

// numbered is a policy with its version. A version never changes, so it is read once.
type numbered struct {
	policy  Policy
	version int
}

// New returns a gate. It goes by the policy of the database that it is asked about.
func New() *Gate { return &Gate{} }

// Admit decides whether a message may leave at now, in business time. It holds the contact until tx ends: the caller
// writes the verdict to the ledger in tx, with slot_at = now when it is Allow and due_at = Until when it is Shift, so that
// whoever asks next counts it. A transaction that asks for several people does so in the order of their ids. A contact
// that was joined to another is refused: the other has processes, consents and a count of its own. Errors are
// PostgreSQL's, or those of a policy that does not decode.
func (g *Gate) Admit(ctx context.Context, tx pgx.Tx, now time.Time, r Request) (Verdict, error) {
	row, err := query.New().LockGatePerson(ctx, tx, query.LockGatePersonParams{Kind: Kind.Name(), Name: PolicyName, ID: r.ContactID})
	policy, facts, err := g.read(ctx, tx, now, r, person(row), err)
	if err != nil {
		return Verdict{}, fmt.Errorf("ask the policy gate for contact %s: %w", r.ContactID, err)
	}
	v := Decide(policy.policy, facts, r, now)
	v.Policy = policy.version
	return v, nil
}

// Explain answers as Admit would, with the answer of every rule. It neither holds nor writes anything.
func (g *Gate) Explain(ctx context.Context, db query.DBTX, now time.Time, r Request) (Verdict, []Finding, error) {
	row, err := query.New().GetGatePerson(ctx, db, query.GetGatePersonParams{Kind: Kind.Name(), Name: PolicyName, ID: r.ContactID})
	policy, facts, err := g.read(ctx, db, now, r, person(row), err)
	if err != nil {
		return Verdict{}, nil, fmt.Errorf("ask the policy gate about contact %s: %w", r.ContactID, err)
	}
	v, findings := Explain(policy.policy, facts, r, now)
	v.Policy = policy.version
	return v, findings, nil
}

// person is what both queries return.
type person query.GetGatePersonRow

// read gathers policy and facts. failed is the error of reading p.
func (g *Gate) read(ctx context.Context, db query.DBTX, now time.Time, r Request, p person, failed error) (*numbered, Facts, error) {
	unknown := errors.Is(failed, pgx.ErrNoRows)
	if failed != nil && !unknown {
		return nil, Facts{}, fmt.Errorf("read the contact: %w", failed)
	}
	if unknown || p.Joined || p.Lifecycle == erased {
		policy, version, err := Kind.Current(ctx, db, PolicyName)
		return &numbered{policy, version}, Facts{}, err
	}
	policy, err := g.policy(ctx, db, int(p.Policy))
	if err != nil {
		return nil, Facts{}, err
	}
	facts := p.facts()
	row, err := query.New().GateFacts(ctx, db, query.GateFactsParams{
		Contact: r.ContactID, Email: facts.Addresses[provider.Email], Phone: facts.Addresses[provider.SMS], Message: r.MessageID,
		Since: now.Add(-policy.policy.longestWindow()), Fresh: now.Add(-staleAfter),
	})
	if err != nil {
		return nil, facts, fmt.Errorf("read the facts: %w", err)
	}
	facts.Preferred = provider.Channel(row.Preferred)
	err = errors.Join(
		decode("consents", row.Consents, &facts.Consents), decode("topics", row.Topics, &facts.Topics),
		decode("suppressions", row.Suppressed, &facts.Suppressed), decode("messages", row.Sent, &facts.Sent),
		decode("bids", row.Bids, &facts.Bids))
	return policy, facts, err
}

func decode(what string, raw json.RawMessage, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read the facts: decode %s: %w", what, err)
	}
	return nil
}

func (p person) facts() Facts {
	f := Facts{
		Known: true, Lifecycle: p.Lifecycle, Country: p.Country, Region: p.Region, TimeZone: p.TimeZone, Language: p.Language,
		Addresses: map[provider.Channel]string{},
	}
	if p.LifecycleSince != nil {
		f.LifecycleSince = *p.LifecycleSince
	}
	for channel, raw := range map[provider.Channel]string{provider.Email: p.Email, provider.SMS: p.Phone} {
		if address, ok := consent.Canonical(string(channel), raw, p.Country); ok {
			f.Addresses[channel] = address
		}
	}
	return f
}

// policy returns one version, from memory when it is the one that was asked for last.
func (g *Gate) policy(ctx context.Context, db query.DBTX, version int) (*numbered, error) {
	if known := g.current.Load(); known != nil && known.version == version {
		return known, nil
	}
	policy, err := Kind.At(ctx, db, PolicyName, version)
	if err != nil {
		return nil, err
	}
	n := &numbered{policy, version}
	g.current.Store(n)
	return n, nil
}
