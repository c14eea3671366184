package courses

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/nyaruka/phonenumbers"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db/query"
)

// Hold keeps others from making a contact of the same address until tx ends, and those who make one or say STOP from it
// wait for each other. Addresses are canonical; kind is "email" or "phone".
func Hold(ctx context.Context, tx pgx.Tx, kind string, addresses ...string) error {
	keys := make([]int64, 0, len(addresses))
	for _, a := range addresses {
		h := fnv.New64a()
		_, _ = h.Write([]byte("contact/" + kind + "/" + a)) // the key by which leads are held, too
		keys = append(keys, int64(h.Sum64()))
	}
	slices.Sort(keys)
	if err := query.New().LockIdentityKeys(ctx, tx, slices.Compact(keys)); err != nil {
		return fmt.Errorf("hold an address: %w", err)
	}
	return nil
}

// Person finds the contact of an address, or makes one that has nothing but the address, a language, and the country of a
// telephone number. The caller holds the address.
func Person(ctx context.Context, tx pgx.Tx, now time.Time, kind, address, language string, actor audit.Record) (uuid.UUID, error) {
	q := query.New()
	known, err := q.FindByIdentity(ctx, tx, query.FindByIdentityParams{Kinds: []string{kind}, Vals: []string{address}})
	if err != nil {
		return uuid.Nil, fmt.Errorf("look for a learner: %w", err)
	}
	if len(known) > 0 {
		return known[0].ContactID, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, err
	}
	row := map[string]any{"id": id, "created_at": now, "updated_at": now, kind: address}
	if language != "" {
		row["language"] = language
	}
	if country := countryOf(kind, address); country != "" {
		row["country"] = country
	}
	raw, err := json.Marshal([]any{row})
	if err != nil {
		return uuid.Nil, err
	}
	if err := q.AddContacts(ctx, tx, raw); err != nil {
		return uuid.Nil, fmt.Errorf("make a contact of a learner: %w", err)
	}
	if err := q.AddIdentities(ctx, tx, query.AddIdentitiesParams{Kinds: []string{kind}, Vals: []string{address}, ContactIds: []uuid.UUID{id}}); err != nil {
		return uuid.Nil, fmt.Errorf("make a contact of a learner: %w", err)
	}
	actor.Action, actor.ResourceKind, actor.ResourceID, actor.Fields = "contact.create", "contact", id.String(), []string{kind}
	return id, audit.Append(ctx, tx, now, actor)
}

// countryOf is where a telephone number is, which says more of a learner's time than nothing does.
func countryOf(kind, address string) string {
	if kind != "phone" {
		return ""
	}
	number, err := phonenumbers.Parse(address, "")
	if err != nil {
		return ""
	}
	region := phonenumbers.GetRegionCodeForNumber(number)
	if region == "" { // a range that is not on the list: the main country of the prefix
		region = phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode()))
	}
	if len(region) != 2 || region == phonenumbers.UNKNOWN_REGION {
		return ""
	}
	return region
}
