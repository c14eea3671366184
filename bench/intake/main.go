// Command intake measures the time from the moment a lead is posted to the moment its notification arrives at the mail
// server, at a fixed rate, on a standalone house of its own. Usage: intake --binary bin/perdura-standalone.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"sync"
	"time"

	"github.com/perdura/perdura/bench/instance"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "intake:", err)
		os.Exit(1)
	}
}

func run() error {
	binary := flag.String("binary", "bin/perdura-standalone", "the standalone `program`")
	rate := flag.Int("rate", 20, "leads a `second`")
	length := flag.Duration("length", 20*time.Second, "`time` of one round")
	rounds := flag.Int("rounds", 3, "counted `rounds`, after one to warm up")
	flag.Parse()

	dir, err := instance.Workspace("bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println("raising a house of its own…")
	house, err := instance.Start(context.Background(), instance.Options{Binary: *binary, DataDir: dir, Timeout: 3 * time.Minute})
	if err != nil {
		return err
	}
	defer house.Stop()

	fmt.Printf("%d leads a second, %s a round, each posted as a form is, unique person\n", *rate, *length)
	fmt.Printf("%-8s %6s %9s %9s %9s %9s %9s %7s\n", "round", "leads", "accept p50", "p50", "p90", "p99", "max", "missing")
	var all []sample
	for round := 0; round <= *rounds; round++ {
		samples, err := measure(house, *rate, *length, round)
		if err != nil {
			return err
		}
		name := fmt.Sprint(round)
		if round == 0 {
			name = "warm-up"
		} else {
			all = append(all, samples...)
		}
		report(name, samples)
	}
	report("all", all)
	fmt.Println("times in milliseconds from the start of the POST; accept is its answer, the rest the mail at the SMTP server")
	return nil
}

// sample is one lead on its way.
type sample struct {
	posted   time.Time
	accepted time.Duration
	arrived  time.Duration // 0 while no notification came
}

// measure posts leads at the rate, whatever the answers take, and then matches the mails that arrived.
func measure(house *instance.Instance, rate int, length time.Duration, round int) ([]sample, error) {
	ctx, cancel := context.WithTimeout(context.Background(), length+2*time.Minute)
	defer cancel()
	count := int(length.Seconds() * float64(rate))
	var mu sync.Mutex
	leads := map[string]*sample{}
	var failure error
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	begin := time.Now()
	for n := range count {
		<-tick.C
		wg.Go(func() {
			s := &sample{posted: time.Now()}
			answer, err := house.Call(ctx, "POST", house.API+"/v1/leads", person(round, n))
			s.accepted = time.Since(s.posted)
			var lead struct{ ID string }
			if err == nil && answer.Status != 202 {
				err = fmt.Errorf("POST /v1/leads answered %d %s", answer.Status, answer.Body)
			}
			if err == nil {
				err = answer.Decode(&lead)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failure = err
				return
			}
			leads[lead.ID] = s
		})
	}
	wg.Wait()
	if failure != nil {
		return nil, failure
	}
	if err := match(ctx, house, leads, begin); err != nil {
		return nil, err
	}
	samples := make([]sample, 0, len(leads))
	for _, s := range leads {
		samples = append(samples, *s)
	}
	return samples, nil
}

var leadLink = regexp.MustCompile(`/v1/leads/([0-9a-f-]{36})`)

// match reads the outbox until every lead has its mail, or nothing came for ten seconds.
func match(ctx context.Context, house *instance.Instance, leads map[string]*sample, since time.Time) error {
	missing, lastNews := len(leads), time.Now()
	for missing > 0 && time.Since(lastNews) < 10*time.Second {
		url := house.Outbox + "/outbox/messages?channel=email&limit=5000&since=" + since.UTC().Format(time.RFC3339)
		answer, err := house.Call(ctx, "GET", url, nil)
		if err != nil {
			return err
		}
		var mails []struct {
			Text   string    `json:"text"`
			SentAt time.Time `json:"sent_at"`
		}
		if err := answer.Decode(&mails); err != nil {
			return err
		}
		for _, m := range mails {
			link := leadLink.FindStringSubmatch(m.Text)
			if link == nil {
				continue
			}
			if s := leads[link[1]]; s != nil && s.arrived == 0 {
				s.arrived = m.SentAt.Sub(s.posted)
				missing--
				lastNews = time.Now()
			}
		}
		if missing > 0 {
			time.Sleep(200 * time.Millisecond)
		}
	}
	return nil
}

// person is somebody new every time, so that each lead takes the whole way.
func person(round, n int) map[string]any {
	syllables := []string{"ka", "lo", "mi", "ter", "san", "vu", "rod", "bel", "ni", "gor", "ash", "wen", "dru", "pol", "zim", "que"}
	word := func() string {
		w := ""
		for range 4 {
			w += syllables[rand.IntN(len(syllables))]
		}
		return w
	}
	first, last, company := word(), word(), word()
	return map[string]any{
		"email": fmt.Sprintf("%s.%s.%d.%d@%s.example", first, last, round, n, company), "first_name": first, "last_name": last,
		"company": company, "source": "website", "channel": "form", "country": "ES", "language": "es",
		"message": "Please send me an offer.",
	}
}
