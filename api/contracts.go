package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/money"
)

// Contract is a document that is to be signed by a customer and by our side.
type Contract struct {
	ID              uuid.UUID         `json:"id"`
	Deal            uuid.UUID         `json:"deal"`
	Revision        int32             `json:"revision" jsonschema_description:"of the deal's terms"`
	Contact         uuid.UUID         `json:"contact"`
	Approval        *uuid.UUID        `json:"approval,omitempty" jsonschema_description:"what approved the price"`
	State           string            `json:"state" jsonschema:"enum=issued,enum=viewed,enum=signed,enum=in-force,enum=declined,enum=expired,enum=voided"`
	Title           string            `json:"title"`
	Template        string            `json:"template"`
	TemplateVersion int32             `json:"template_version"`
	Amount          money.Amount      `json:"amount"`
	DocumentSHA256  string            `json:"document_sha256" jsonschema:"pattern=^[0-9a-f]{64}$" jsonschema_description:"of the PDF"`
	Reason          string            `json:"reason,omitempty" jsonschema_description:"why it was declined or voided, as a code"`
	CreatedAt       time.Time         `json:"created_at"`
	ExpiresAt       time.Time         `json:"expires_at"`
	SignedAt        *time.Time        `json:"signed_at,omitempty"`
	CountersignedAt *time.Time        `json:"countersigned_at,omitempty"`
	Links           map[string]string `json:"links"`
}

// ContractVoiding says why a contract is taken back.
type ContractVoiding struct {
	Reason string `json:"reason,omitempty" jsonschema:"pattern=^[a-z][a-z0-9-]{0\\,49}$" jsonschema_description:"a code, such as wrong-terms"`
}

// EvidenceBundle is the form of the file; package evidence says what its parts hold and how they are hashed.
type EvidenceBundle struct {
	Format     string            `json:"format"`
	ContractID uuid.UUID         `json:"contract_id"`
	Document   json.RawMessage   `json:"document" jsonschema_description:"media_type, sha256 and bytes in base64"`
	Records    []json.RawMessage `json:"records" jsonschema_description:"each with the hash of the one before"`
	Anchor     []json.RawMessage `json:"anchor" jsonschema_description:"proofs of a log; empty where none is kept"`
	Receipt    json.RawMessage   `json:"receipt" jsonschema_description:"key_id, issued_at and an Ed25519 signature over all of it"`
}

// EvidenceKeys are what receipts are checked with.
type EvidenceKeys struct {
	Keys []evidence.PublicKey `json:"keys" jsonschema_description:"the first signs; the others signed earlier receipts"`
}

type contractFilter struct {
	Paging
	Deal  uuid.UUID `json:"deal,omitzero" jsonschema_description:"a deal's id"`
	State string    `json:"state,omitempty" jsonschema:"enum=issued,enum=viewed,enum=signed,enum=in-force,enum=declined,enum=expired,enum=voided"`
}

const mediaPDF = "application/pdf"

func (s *Server) contractOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/contracts", ID: "listContracts", Tag: "contracts", Access: access.ContractsRead, Query: typeOf[contractFilter](),
			Summary: "List contracts, the newest first", Answers: []Answer{answer[Page[Contract]](200, "A page of contracts.")}, Handle: s.listContracts,
		},
		{
			Method: http.MethodGet, Path: "/v1/contracts/{id}", ID: "getContract", Tag: "contracts", Access: access.ContractsRead,
			Summary: "Read a contract", Answers: []Answer{answer[Contract](200, "The contract.")}, Handle: s.getContract,
		},
		{
			Method: http.MethodGet, Path: "/v1/contracts/{id}/pdf", ID: "getContractDocument", Tag: "contracts", Access: access.ContractsRead,
			Summary: "Read the document of a contract", Answers: []Answer{{Status: 200, Text: "The document.", Media: []Media{{Type: mediaPDF}}}}, Handle: s.getContractPDF,
		},
		{
			Method: http.MethodGet, Path: "/v1/contracts/{id}/evidence", ID: "getContractEvidence", Tag: "contracts", Access: access.ContractsRead,
			Summary:     "Read what proves how a contract was signed",
			Description: "One file with the document, the chain of records, our receipt and, where a log is kept, its proof. `perdura verify` checks it without us; every byte counts.",
			Answers:     []Answer{answer[EvidenceBundle](200, "The bundle.")}, Handle: s.getContractEvidence,
		},
		{
			Method: http.MethodPost, Path: "/v1/contracts/{id}/countersign", ID: "countersignContract", Tag: "contracts", Access: access.ContractsWrite,
			Summary: "Sign a contract for our side", Description: "The customer has to have signed; the contract is in force then. The evidence names the API key and whose it is.",
			Answers: []Answer{answer[Contract](200, "The contract is in force.")}, Handle: s.countersign,
		},
		{
			Method: http.MethodPost, Path: "/v1/contracts/{id}/void", ID: "voidContract", Tag: "contracts", Access: access.ContractsWrite,
			Summary: "Take a contract back that is not in force", Description: "Its links open nothing any more. One that is in force, or has ended otherwise, is answered with 409.",
			Body: optional(jsonBody(ContractVoiding{Reason: "wrong-terms"})), Answers: []Answer{answer[Contract](200, "The contract is void.")}, Handle: s.voidContract,
		},
		{
			Method: http.MethodGet, Path: "/v1/evidence/keys", ID: "listEvidenceKeys", Tag: "contracts",
			Summary: "The public keys that receipts are checked with", Answers: []Answer{answer[EvidenceKeys](200, "The keys.")}, Handle: s.evidenceKeys,
		},
	}
}

func (s *Server) listContracts(c *Call) error {
	var f contractFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("contracts", f.Deal, f.State)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListContractPageParams{DealID: db.NullID(f.Deal), State: db.NullText(f.State), MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.Before, arg.BeforeAt, arg.BeforeID = true, place.At, place.ID
	}
	rows, err := query.New().ListContractPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list contracts: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, contractView, func(r query.SmartContract) timePlace { return timePlace{r.CreatedAt, r.ID} }))
}

// noContract says that there is no such contract; other errors stay as they are.
func noContract(c *Call, err error) error {
	if errors.Is(err, contracts.ErrUnknown) {
		return problem.NotFound("contract", c.Param("id"))
	}
	return err
}

func (s *Server) getContract(c *Call) error {
	row, err := contracts.Get(c.Ctx(), s.pool, c.ID("id"))
	if err != nil {
		return noContract(c, err)
	}
	return c.OK(contractView(row))
}

func (s *Server) getContractPDF(c *Call) error {
	pdf, err := contracts.PDF(c.Ctx(), s.pool, c.ID("id"))
	if err != nil {
		return noContract(c, err)
	}
	return c.Blob(http.StatusOK, mediaPDF, pdf)
}

func (s *Server) getContractEvidence(c *Call) error {
	if s.evidence == nil {
		return problem.New(http.StatusNotFound, "not-found", "Not found", "This server has no key to sign evidence with: set evidence.keys.")
	}
	bundle, err := contracts.Bundle(c.Ctx(), s.pool, s.clock.Now(), s.evidence, c.ID("id"))
	if err != nil {
		return noContract(c, err)
	}
	return c.Blob(http.StatusOK, mediaJSON, bundle)
}

func (s *Server) countersign(c *Call) error {
	return s.moveContract(c, func(tx pgx.Tx) (query.SmartContract, error) {
		row, err := contracts.Countersign(c.Ctx(), tx, s.clock.Now(), c.ID("id"), c.Principal.KeyID, c.signs("signed for our side"))
		if errors.Is(err, contracts.ErrClosed) {
			return row, problem.Conflict("contract-moved", fmt.Sprintf("The contract is %s%s: our side signs it once, after the customer.", row.State, by(c.Ctx(), tx, "contract", row.ID)))
		}
		return row, err
	})
}

func (s *Server) voidContract(c *Call) error {
	in := ContractVoiding{Reason: "withdrawn"}
	if err := c.Decode(&in); err != nil {
		return err
	}
	return s.moveContract(c, func(tx pgx.Tx) (query.SmartContract, error) {
		before, err := contracts.Get(c.Ctx(), tx, c.ID("id"))
		if err != nil {
			return before, err
		}
		row, err := contracts.Void(c.Ctx(), tx, s.clock.Now(), before.ID, in.Reason, c.signs("taken back"))
		if err == nil && row.Version == before.Version {
			return row, problem.Conflict("contract-moved", fmt.Sprintf("The contract is %s%s: it cannot be taken back.", row.State, by(c.Ctx(), tx, "contract", row.ID)))
		}
		return row, err
	})
}

// signs is the caller as the one who moves a contract.
func (c *Call) signs(reason string) contracts.By {
	return contracts.By{Record: c.Did("", "", "", reason), Event: c.EffectID()}
}

// moveContract moves a contract under its lock, so that of two callers one wins and the other is told where it stands.
func (s *Server) moveContract(c *Call, move func(tx pgx.Tx) (query.SmartContract, error)) error {
	var row query.SmartContract
	err := db.InTx(c.Ctx(), s.pool, func(tx pgx.Tx) error {
		done, err := repeated(c.Ctx(), tx, c)
		if err != nil {
			return err
		}
		if done {
			row, err = contracts.Get(c.Ctx(), tx, c.ID("id"))
			return err
		}
		row, err = move(tx)
		return err
	})
	if err != nil {
		return noContract(c, err)
	}
	s.wake()
	return c.OK(contractView(row))
}

func (s *Server) evidenceKeys(c *Call) error {
	keys := EvidenceKeys{Keys: []evidence.PublicKey{}}
	if s.evidence != nil {
		keys.Keys = s.evidence.Public()
	}
	return c.OK(keys)
}

func contractView(r query.SmartContract) Contract {
	self := []string{"v1/contracts", r.ID.String()}
	v := Contract{
		ID: r.ID, Deal: r.DealID, Revision: r.Revision, Contact: r.ContactID, Approval: id(r.ApprovalID), State: r.State, Title: r.Title,
		Template: r.Template, TemplateVersion: r.TemplateVersion, Amount: money.Amount{Minor: r.AmountMinor, Currency: r.Currency},
		DocumentSHA256: evidence.Hash(r.DocumentSha256).String(), Reason: db.Text(r.ClosedReason), CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
		SignedAt: utc(r.SignedAt), CountersignedAt: utc(r.CountersignedAt),
		Links: map[string]string{
			"pdf": link(append(self, "pdf")...), "evidence": link(append(self, "evidence")...), "contact": link("v1/contacts", r.ContactID.String()),
			"run": link("v1/processes/signature/runs", r.ID.String()),
		},
	}
	switch r.State {
	case contracts.Signed:
		v.Links["countersign"] = link(append(self, "countersign")...)
		fallthrough
	case contracts.Issued, contracts.Viewed:
		v.Links["void"] = link(append(self, "void")...)
	}
	return v
}
