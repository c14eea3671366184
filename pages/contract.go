package pages

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/templates"
)

// contractView is the page on which a customer reads and signs a contract.
type contractView struct {
	Heading  string // key of the words
	State    string // open, signed, in-force, or one that has ended
	Title    string
	Language string // of the contract
	Amount   string
	Until    string
	Mask     string
	Code     bool   // a one-time code counts: the form to sign is shown
	Notice   string // key of what was just done
	Wrong    []string
	Name     string // as typed
	Agreed   bool
	Evidence bool // the evidence can be had
	Just     bool // the contract has ended by this very visit
	Reasons  []string
}

// Has reports whether something is wrong with a field.
func (c contractView) Has(wrong ...string) bool {
	return slices.ContainsFunc(wrong, func(w string) bool { return slices.Contains(c.Wrong, w) })
}

// signing is a visit to a contract.
type signing struct {
	*visit
	row      query.SmartContract
	language string // of the page
	mask     string
}

// contract shows a contract and, by POST only, sends a code, signs or declines. The link leads to the contract; that the
// mailbox is theirs, the customer shows by the code.
func (v *visit) contract() error {
	row, err := contracts.Get(v.Context(), v.p.Pool, v.id)
	if errors.Is(err, contracts.ErrUnknown) {
		return errLink
	}
	if err != nil {
		return err
	}
	customer, err := person(v.Context(), v.p.Pool, row.ContactID)
	if err != nil {
		return err
	}
	s := &signing{visit: v, row: row, language: v.p.language(text(customer.Language), v.Header), mask: maskOf(customer)}
	if !v.posted {
		switch v.URL.Query().Get("as") {
		case "pdf":
			return s.pdf()
		case "evidence":
			return s.evidence()
		}
		return s.page(contractView{})
	}
	switch v.PostForm.Get("do") {
	case "code":
		return s.sendCode()
	case "sign":
		return s.sign()
	case "decline":
		return s.decline()
	}
	return errForm
}

// page shows where the contract stands; view says what was just done or is wrong.
func (s *signing) page(view contractView) error {
	now := s.p.Clock.Now()
	view.State, view.Title, view.Language, view.Mask, view.Reasons = contracts.StateAt(s.row, now), s.row.Title, s.row.Language, s.mask, contracts.DeclineReasons
	view.Amount = templates.Write(s.language, templates.Amount, templates.Money{Minor: s.row.AmountMinor, Currency: s.row.Currency})
	view.Until = templates.Write(s.language, templates.Moment, s.row.ExpiresAt.UTC())
	view.Evidence = s.p.Evidence != nil
	switch view.State {
	case contracts.Issued, contracts.Viewed:
		view.State, view.Heading = "open", "contract.title"
		var err error
		if view.Code, err = contracts.CodeAt(s.Context(), s.p.Pool, now, s.row.ID); err != nil {
			return fmt.Errorf("look for a one-time code: %w", err)
		}
	case contracts.Signed, contracts.InForce:
		view.Heading = "contract." + view.State + "_title"
	default:
		view.Heading = "contract." + view.State + "_title"
		status := http.StatusGone
		if view.Just {
			status = http.StatusOK
		}
		return s.p.render(s.w, status, "contract", s.language, view)
	}
	return s.p.render(s.w, http.StatusOK, "contract", s.language, view)
}

// visitor is who sits before the page.
func (s *signing) visitor() contracts.Visitor {
	address, _, err := net.SplitHostPort(s.RemoteAddr)
	if err != nil {
		address = s.RemoteAddr
	}
	return contracts.Visitor{Address: address, Agent: s.UserAgent()}
}

// do moves the contract in a transaction. One that has moved on meanwhile, in another tab or by our side, is shown as it
// stands: done is false then.
func (s *signing) do(move func(tx pgx.Tx) (query.SmartContract, error)) (done bool, err error) {
	err = db.InTx(s.Context(), s.p.Pool, func(tx pgx.Tx) error {
		row, err := move(tx)
		if row.ID == s.row.ID {
			s.row = row
		}
		return err
	})
	if errors.Is(err, contracts.ErrSigned) || errors.Is(err, contracts.ErrClosed) {
		return false, nil
	}
	if err == nil {
		s.p.wake()
	}
	return err == nil, err
}

func (s *signing) sendCode() error {
	done, err := s.do(func(tx pgx.Tx) (query.SmartContract, error) {
		now := s.p.Clock.Now()
		return contracts.AskCode(s.Context(), tx, now, now.Add(s.p.Clock.Stretch(contracts.CodeValid)), s.id, s.visitor())
	})
	if errors.Is(err, contracts.ErrTooMany) {
		return s.page(contractView{Wrong: []string{"many"}})
	}
	if err != nil {
		return err
	}
	view := contractView{}
	if done {
		view.Notice = "contract.code_sent"
	}
	return s.page(view)
}

func (s *signing) sign() error {
	given := contracts.Signing{Code: s.PostForm.Get("code"), Name: s.PostForm.Get("name"), Visitor: s.visitor()}
	if s.PostForm.Get("agree") != "" {
		given.Consent = fmt.Sprintf(s.p.words[s.language]["contract.consent"], s.row.Title)
	}
	var wrong []string
	_, err := s.do(func(tx pgx.Tx) (row query.SmartContract, err error) {
		row, wrong, err = contracts.Sign(s.Context(), tx, s.p.Clock.Now(), s.id, given, s.p.Links.Code)
		return row, err
	})
	if err != nil {
		return err
	}
	view := contractView{Wrong: wrong}
	if len(wrong) > 0 {
		view.Name, view.Agreed = given.Name, given.Consent != ""
	}
	return s.page(view)
}

func (s *signing) decline() error {
	done, err := s.do(func(tx pgx.Tx) (query.SmartContract, error) {
		return contracts.Decline(s.Context(), tx, s.p.Clock.Now(), s.id, s.PostForm.Get("reason"), s.visitor())
	})
	if errors.Is(err, contracts.ErrReason) {
		return s.page(contractView{Wrong: []string{"reason"}})
	}
	if err != nil {
		return err
	}
	return s.page(contractView{Just: done})
}

// pdf hands the document out as long as the contract counts.
func (s *signing) pdf() error {
	switch contracts.StateAt(s.row, s.p.Clock.Now()) {
	case contracts.Declined, contracts.Expired, contracts.Voided:
		return s.page(contractView{})
	}
	pdf, err := contracts.PDF(s.Context(), s.p.Pool, s.id)
	if err != nil {
		return err
	}
	return s.file("application/pdf", "inline", "contract-"+s.id.String()+".pdf", pdf)
}

// evidence hands out what proves the signatures, once there is one.
func (s *signing) evidence() error {
	if s.p.Evidence == nil || s.row.State != contracts.Signed && s.row.State != contracts.InForce {
		return s.page(contractView{})
	}
	bundle, err := contracts.Bundle(s.Context(), s.p.Pool, s.p.Clock.Now(), s.p.Evidence, s.id)
	if err != nil {
		return err
	}
	return s.file("application/json", "attachment", "evidence-"+s.id.String()+".json", bundle)
}

func (s *signing) file(mediaType, disposition, name string, content []byte) error {
	h := s.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", disposition+`; filename="`+name+`"`)
	h.Set("Content-Security-Policy", "frame-ancestors 'none'") // the browser shows a PDF with a viewer of its own
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	s.w.WriteHeader(http.StatusOK)
	_, _ = s.w.Write(content) // whoever left does not read it
	return nil
}
