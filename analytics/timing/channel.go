package timing

// Record is how messages of one channel fared.
type Record struct {
	Channel string
	// Sent and Reacted are the person's, EverybodySent and EverybodyReacted those of all people.
	Sent, Reacted                   int
	EverybodySent, EverybodyReacted int
}

// Rates is how the rate of a person is shrunk towards that of everybody.
type Rates struct {
	// Weight of everybody's rate, in messages to the person.
	Weight float64
	// Usual is the rate of a channel by which nothing was ever sent, UsualWeight what it weighs against everybody's.
	Usual, UsualWeight float64
}

// StandardRates lets everybody's rate weigh as much as eight messages to the person.
func StandardRates() Rates { return Rates{Weight: 8, Usual: 0.1, UsualWeight: 20} }

// Rate is the share of messages by this channel that the person is expected to react to, from 0 to 1.
func Rate(r Record, by Rates) float64 {
	everybody := ratio(by.Usual*by.UsualWeight+float64(r.EverybodyReacted), by.UsualWeight+float64(r.EverybodySent), by.Usual)
	return ratio(by.Weight*everybody+float64(r.Reacted), by.Weight+float64(r.Sent), everybody)
}

func ratio(of, all, otherwise float64) float64 {
	if all <= 0 {
		return otherwise
	}
	return min(max(of/all, 0), 1)
}

// PreferredChannel is the channel to use among those on record: the one that the person said they prefer, when it is
// among them, else the one with the best Rate; the first of equals. It is empty when there is none.
func PreferredChannel(records []Record, said string, by Rates) string {
	best, rate := "", -1.0
	for _, r := range records {
		if said != "" && r.Channel == said {
			return said
		}
		if now := Rate(r, by); now > rate {
			best, rate = r.Channel, now
		}
	}
	return best
}
