package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/perdura/perdura/bench/instance"
)

// habit is how somebody treats mail.
type habit string

const (
	reader     habit = "opens most mails"
	clicker    habit = "opens and follows links"
	replier    habit = "replies to the second mail"
	leaver     habit = "opts out with one click"
	chooser    habit = "switches tips off on the preference page"
	complainer habit = "reports the first mail as spam"
	ghost      habit = "address does not exist"
	silent     habit = "never opens anything"
	scanned    habit = "only a mail scanner opens links"
	buyer      habit = "buys after two weeks"
	unasked    habit = "did not agree to marketing"
)

// population says how many of a hundred have which habit.
var population = []struct {
	habit habit
	share int
}{
	{reader, 22}, {clicker, 18}, {silent, 16}, {replier, 9}, {leaver, 8}, {ghost, 7}, {scanned, 6}, {unasked, 5}, {buyer, 5},
	{complainer, 3}, {chooser, 1},
}

// person is one lead of the demonstration.
type person struct {
	number           int
	habit            habit
	email            string
	country, zone    string
	lead, contact    string
	received, opened int
	acted            bool // did the one thing that the habit is about
}

var places = []struct{ country, zone string }{
	{"NZ", "Pacific/Auckland"}, {"US", "America/Los_Angeles"}, {"DE", "Europe/Berlin"}, {"GB", "Europe/London"}, {"IN", "Asia/Kolkata"},
}

// town is everybody, and the house that they deal with.
type town struct {
	house   *instance.Instance
	random  *rand.Rand
	people  []*person
	byEmail map[string]*person
	played  map[string]int
}

func newTown(house *instance.Instance, size int, seed uint64) *town {
	t := &town{house: house, random: rand.New(rand.NewPCG(seed, seed)), byEmail: map[string]*person{}, played: map[string]int{}}
	for i := range size {
		place := places[i%len(places)]
		p := &person{number: i + 1, habit: habitOf(i, size), country: place.country, zone: place.zone}
		// Addresses that resemble each other would rightly be held for a look whether they are one person.
		p.email = fmt.Sprintf("%012x@example.org", t.random.Uint64()>>16)
		t.people = append(t.people, p)
		t.byEmail[p.email] = p
	}
	return t
}

// habitOf spreads the habits over the people in their shares.
func habitOf(i, size int) habit {
	at := i * 100 / size
	for _, group := range population {
		if at < group.share {
			return group.habit
		}
		at -= group.share
	}
	return silent
}

// track writes the nurture track of the demonstration over REST: four messages in eight days, so that a month shows
// how journeys end.
func (t *town) track(ctx context.Context) error {
	step := func(template, wait string) map[string]any { return map[string]any{"template": template, "wait": wait} }
	answer, err := t.house.Call(ctx, http.MethodPut, t.house.API+"/v1/definitions/nurture-track/first-month", map[string]any{
		"note": "for the demonstration", "body": map[string]any{
			"priority": 50, "points": map[string]int{"opened": 3, "clicked": 10, "replied": 25}, "sales_ready": 42, "max_days": 60, "listen": "4d",
			"steps": []any{
				step("nurture-intro-1", "0d"), step("nurture-intro-2", "2d"), step("nurture-intro-3", "3d"), step("nurture-intro-4", "3d"),
			},
		},
	})
	if err == nil && answer.Status >= 300 {
		err = fmt.Errorf("write the track: %d %s", answer.Status, answer.Body)
	}
	return err
}

// arrive submits everybody as a lead that is not ready for sales.
func (t *town) arrive(ctx context.Context) error {
	for _, p := range t.people {
		answer, err := t.house.Call(ctx, http.MethodPost, t.house.API+"/v1/leads", map[string]any{
			"email": p.email, "country": p.country, "time_zone": p.zone, "language": "en",
			"source": "download", "channel": "form",
			"consent": map[string]bool{"email_marketing": p.habit != unasked, "tracking": true},
		})
		if err != nil {
			return err
		}
		if answer.Status != http.StatusAccepted {
			return fmt.Errorf("submit lead %d: %d %s", p.number, answer.Status, answer.Body)
		}
		var lead struct {
			ID string `json:"id"`
		}
		if err := answer.Decode(&lead); err != nil {
			return err
		}
		p.lead = lead.ID
	}
	fmt.Printf("%d leads came in; their month begins\n", len(t.people))
	return nil
}
