package records

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/db/query"
)

// acquaintances are the contacts that the applicants of a transaction may turn out to be: those in the database that
// share an identifier or a blocking key with one of them, and those that the transaction itself creates.
type acquaintances struct {
	byIdentity map[match.Key]uuid.UUID
	byKey      map[match.Key][]uuid.UUID
	profiles   map[uuid.UUID]*match.Profile
	live       map[uuid.UUID]uuid.UUID // contact → the lead that is being worked on
	own        map[uuid.UUID]bool      // created by this transaction
}

// look reads whom the applicants may be, under locks that keep others from creating the same people meanwhile. It takes
// the locks first, in one order, and then three look-ups by index, however many contacts there are.
func (d *desk) look(applicants []*applicant) (*acquaintances, error) {
	var locks []int64
	var identities, keys []match.Key
	var wanted []uuid.UUID
	for _, a := range applicants {
		locks = append(locks, a.lockKeys()...)
		identities = append(identities, a.identities()...)
		keys = append(keys, a.keys...)
		if a.target != uuid.Nil {
			wanted = append(wanted, a.target)
		}
	}
	slices.Sort(locks)
	if err := d.q.LockIdentityKeys(d.ctx, d.tx, slices.Compact(locks)); err != nil {
		return nil, fmt.Errorf("lock the identifiers: %w", err)
	}
	known := &acquaintances{
		byIdentity: map[match.Key]uuid.UUID{}, byKey: map[match.Key][]uuid.UUID{}, profiles: map[uuid.UUID]*match.Profile{},
		live: map[uuid.UUID]uuid.UUID{}, own: map[uuid.UUID]bool{},
	}
	kinds, values := split(identities)
	owners, err := d.q.FindByIdentity(d.ctx, d.tx, query.FindByIdentityParams{Kinds: kinds, Vals: values})
	if err != nil {
		return nil, fmt.Errorf("look for contacts by identifier: %w", err)
	}
	for _, row := range owners {
		known.byIdentity[match.Key{Kind: row.Kind, Value: row.Value}] = row.ContactID
		wanted = append(wanted, row.ContactID)
	}
	kinds, values = split(keys)
	blocks, err := d.q.FindByKeys(d.ctx, d.tx, query.FindByKeysParams{Kinds: kinds, Vals: values, BlockCap: match.BlockCap})
	if err != nil {
		return nil, fmt.Errorf("look for similar contacts: %w", err)
	}
	for _, row := range blocks {
		key := match.Key{Kind: row.Kind, Value: row.Value}
		known.byKey[key] = append(known.byKey[key], row.ContactID)
	}
	for _, block := range known.byKey {
		if len(block) < match.BlockCap {
			wanted = append(wanted, block...)
		}
	}
	return known, d.acquaint(known, wanted)
}

// acquaint reads the contacts and which of their leads is being worked on.
func (d *desk) acquaint(known *acquaintances, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	contacts, err := d.q.ListContactsByID(d.ctx, d.tx, ids)
	if err != nil {
		return fmt.Errorf("read similar contacts: %w", err)
	}
	for _, c := range contacts {
		known.profiles[c.ID] = match.NewProfile(personOf(c))
	}
	live, err := d.q.FindLiveLeads(d.ctx, d.tx, ids)
	if err != nil {
		return fmt.Errorf("read the leads of similar contacts: %w", err)
	}
	for _, row := range live {
		known.live[row.ContactID] = row.ID
	}
	return nil
}

// split parts distinct keys into columns.
func split(keys []match.Key) (kinds, values []string) {
	seen := make(map[match.Key]bool, len(keys))
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			kinds, values = append(kinds, key.Kind), append(values, key.Value)
		}
	}
	return kinds, values
}

// meet adds what an applicant tells about a contact.
func (k *acquaintances) meet(a *applicant, contact uuid.UUID) {
	for _, identity := range a.identities() {
		if _, taken := k.byIdentity[identity]; !taken {
			k.byIdentity[identity] = contact
		}
	}
	for _, key := range a.keys {
		if !slices.Contains(k.byKey[key], contact) {
			k.byKey[key] = append(k.byKey[key], contact)
		}
	}
}
