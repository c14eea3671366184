package contracts

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/money"
)

// Draft asks for the contract of a deal.
type Draft struct {
	Key        string // of the business step; under it a contract is written once
	DealID     uuid.UUID
	Revision   int
	Template   string
	ApprovalID uuid.UUID // zero when the price needs nobody's approval
	Seller     string    // the name of the company
	Actor      audit.Record
}

// What keeps a contract from being written. An unknown template is definitions.ErrUnknown.
var (
	ErrNoDeal     = errors.New("no such deal")
	ErrStale      = errors.New("the deal's terms are of another revision by now")
	ErrUnapproved = errors.New("the approval is not given, or not for this revision of this deal")
)

// IncompleteError names the variables for which the deal and its customer have no value.
type IncompleteError struct{ Variables []string }

func (e *IncompleteError) Error() string {
	return "the contract lacks " + strings.Join(e.Variables, ", ") + ": complete the deal and its customer; seller.name is the name in smtp.from"
}

// Issue writes the contract of a deal and begins its chain of evidence. Others of the deal that could still be signed end:
// only one may. The document speaks of what the deal is at this moment and never changes.
func Issue(ctx context.Context, tx pgx.Tx, now time.Time, d Draft) (uuid.UUID, error) {
	now = now.Truncate(time.Microsecond)
	q := query.New()
	approval := db.NullID(d.ApprovalID)
	source, err := q.GetContractSource(ctx, tx, query.GetContractSourceParams{DealID: d.DealID, ApprovalID: approval})
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, ErrNoDeal
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("read the deal of a contract: %w", err)
	}
	// Under the lock of the deal: of two tries of one step, the second finds what the first wrote.
	before, err := q.GetContractByKey(ctx, tx, d.Key)
	if err == nil {
		return before.ID, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, fmt.Errorf("look for the contract: %w", err)
	}
	template, version, err := Kind.Current(ctx, tx, d.Template)
	if err != nil {
		return uuid.Nil, err
	}
	facts := factsOf(source, d.Seller, now)
	switch missing := template.Missing(facts); {
	case int(source.Revision) != d.Revision:
		return uuid.Nil, ErrStale
	case approval.Valid && !source.Approved:
		return uuid.Nil, ErrUnapproved
	case len(missing) > 0:
		return uuid.Nil, &IncompleteError{missing}
	}
	open, err := q.ListOpenContracts(ctx, tx, d.DealID)
	if err != nil {
		return uuid.Nil, fmt.Errorf("look for other contracts of the deal: %w", err)
	}
	for _, id := range open {
		if _, err := Void(ctx, tx, now, id, "superseded", By{Record: d.Actor}); err != nil {
			return uuid.Nil, err
		}
	}
	document := template.Compose(uuid.Must(uuid.NewV7()), facts, now.Add(template.Valid.Duration()))
	return document.ID, d.write(ctx, tx, now, source, document, version)
}

// write keeps the document with what the house goes by.
func (d Draft) write(ctx context.Context, tx pgx.Tx, now time.Time, source query.GetContractSourceRow, document Document, version int) error {
	pdf, err := document.Print()
	if err != nil {
		return err
	}
	content, err := document.Hash()
	if err != nil {
		return err
	}
	sum := evidence.Sum(pdf)
	if err := query.New().AddContract(ctx, tx, query.AddContractParams{
		ID: document.ID, Key: d.Key, DealID: d.DealID, Revision: int32(d.Revision), ContactID: source.ContactID, Template: d.Template,
		TemplateVersion: int32(version), ApprovalID: db.NullID(d.ApprovalID), Title: document.Title,
		Language: document.Language, AmountMinor: source.AmountMinor, Currency: source.Currency, ContentSha256: content[:],
		DocumentSha256: sum[:], ExpiresAt: document.Until, CreatedAt: now,
	}); err != nil {
		return fmt.Errorf("write a contract: %w", err)
	}
	if err := query.New().AddContractDocument(ctx, tx, query.AddContractDocumentParams{ContractID: document.ID, Pdf: pdf}); err != nil {
		return fmt.Errorf("write a contract's document: %w", err)
	}
	if err := note(ctx, tx, now, document.ID, Issued, map[string]string{
		evidence.DocumentHash: sum.String(), "content_sha256": content.String(), "deal_id": d.DealID.String(),
		"deal_revision": strconv.Itoa(d.Revision), "template": d.Template, "template_version": strconv.Itoa(version), "title": document.Title,
	}); err != nil {
		return err
	}
	by := d.Actor
	by.Action, by.ResourceKind, by.ResourceID = "contract.issue", "contract", document.ID.String()
	return audit.Append(ctx, tx, now, by)
}

func factsOf(s query.GetContractSourceRow, seller string, now time.Time) Facts {
	f := Facts{
		Seller: seller, CustomerName: s.CustomerName, CustomerCompany: s.Company, CustomerEmail: s.Email, CustomerAddress: s.Address,
		OwnerName: s.OwnerName, DealName: s.Name, Amount: money.Amount{Minor: s.AmountMinor, Currency: s.Currency},
		List: money.Amount{Minor: s.ListMinor, Currency: s.Currency}, Date: now,
	}
	if s.CloseOn.Valid {
		f.CloseOn = s.CloseOn.Time
	}
	if s.ListMinor > s.AmountMinor {
		f.DiscountPermille = int((s.ListMinor - s.AmountMinor) * 1000 / s.ListMinor)
	}
	return f
}
