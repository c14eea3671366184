package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db/query"
)

// Audience is a list of people who may be shown advertisements elsewhere.
type Audience struct {
	Name    string            `json:"name"`
	Members int32             `json:"members" jsonschema_description:"those put in and not taken out, whether or not they agreed to advertisements"`
	Since   time.Time         `json:"since"`
	Links   map[string]string `json:"links"`
}

// Audiences are all of them.
type Audiences struct {
	Items []Audience `json:"items"`
}

// AudienceMember is somebody in an audience, as advertising platforms match people: SHA-256 in hexadecimal of the
// lower-case mail address, and of the number in E.164, as Google's Customer Match takes them
// (https://developers.google.com/google-ads/api/docs/remarketing/audience-segments/customer-match/get-started).
type AudienceMember struct {
	ContactID   uuid.UUID `json:"contact_id"`
	Eligible    bool      `json:"eligible" jsonschema_description:"false: take the person off the platform's list"`
	EmailSHA256 string    `json:"email_sha256,omitempty"`
	PhoneSHA256 string    `json:"phone_sha256,omitempty"`
	ChangedAt   time.Time `json:"changed_at" jsonschema_description:"when the person was put in or taken out, agreed or withdrew"`
}

type audiencePlace struct {
	ID uuid.UUID `json:"i"`
}

func (s *Server) audienceOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/audiences", ID: "listAudiences", Tag: "contacts", Access: access.AudiencesRead,
			Summary: "List the audiences for advertisements", Answers: []Answer{answer[Audiences](200, "Every audience, by name.")},
			Handle: s.listAudiences,
		},
		{
			Method: http.MethodGet, Path: "/v1/audiences/{audience}/members", ID: "listAudienceMembers", Tag: "contacts", Access: access.AudiencesRead,
			Query: typeOf[Paging](), Summary: "Export an audience for an advertising platform",
			Description: "Everybody who is or was a member. Only those who agreed to advertisements, and withdrew nothing since, are eligible and have hashes of " +
				"their addresses with them. The others are listed so that they can be taken off a list that was exported before.",
			Answers: []Answer{answer[Page[AudienceMember]](200, "A page of members.")}, Handle: s.listAudienceMembers,
		},
	}
}

func (s *Server) listAudiences(c *Call) error {
	rows, err := query.New().ListAudiences(c.Ctx(), s.pool)
	if err != nil {
		return fmt.Errorf("list the audiences: %w", err)
	}
	out := Audiences{Items: make([]Audience, len(rows))}
	for i, r := range rows {
		out.Items[i] = Audience{
			Name: r.Audience, Members: r.Members, Since: r.Since.UTC(),
			Links: map[string]string{"members": link("v1/audiences", r.Audience, "members")},
		}
	}
	return c.OK(out)
}

func (s *Server) listAudienceMembers(c *Call) error {
	var f Paging
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	name := c.Param("audience")
	list := "audience " + name
	place, err := readCursor[audiencePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListAudienceMembersParams{Audience: name, MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.After = place.ID
	}
	rows, err := query.New().ListAudienceMembers(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list the members of an audience: %w", err)
	}
	if len(rows) == 0 && place == nil {
		return problem.NotFound("audience", name)
	}
	return c.OK(page(list, f.limit(), rows, audienceMember, func(r query.ListAudienceMembersRow) audiencePlace { return audiencePlace{r.ContactID} }))
}

func audienceMember(r query.ListAudienceMembersRow) AudienceMember {
	m := AudienceMember{ContactID: r.ContactID, Eligible: r.Eligible, ChangedAt: r.ChangedAt.UTC()}
	if r.Eligible {
		m.EmailSHA256, m.PhoneSHA256 = hashed(strings.ToLower(strings.TrimSpace(r.Email))), hashed(r.Phone)
	}
	return m
}

// hashed is empty for an address that there is not.
func hashed(address string) string {
	if address == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(address))
	return hex.EncodeToString(sum[:])
}
