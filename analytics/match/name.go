package match

import "strings"

// titles are words around a name that are not part of it.
var titles = setOf(`mr mrs ms miss mx dr prof professor sir dame lord lady rev reverend hon herr frau dipl ing mag
	monsieur madame mme mlle senor senora sr sra don dona dott jr junior snr ii iii iv phd md mba esq`)

// nicknames groups given names that one person may use by turns.
var nicknames = groupsOf(
	"william will bill billy willie liam", "robert rob bob bobby bert", "richard rick ricky dick rich", "john jack johnny jon jonathan",
	"james jim jimmy jamie", "michael mike mick mickey", "thomas tom tommy", "joseph joe joey", "charles charlie chuck", "edward ed eddie ted",
	"anthony tony", "daniel dan danny", "david dave davey", "matthew matt", "christopher chris", "nicholas nick", "andrew andy drew",
	"alexander alex sasha", "benjamin ben benny", "samuel sam sammy", "stephen steven steve", "gregory greg", "peter pete", "patrick pat paddy",
	"timothy tim", "kenneth ken", "ronald ron", "donald don", "lawrence larry laurence", "gerald gerry jerry", "frederick fred freddy",
	"elizabeth liz lizzie beth betty eliza", "katherine catherine kathryn kate katie kathy cathy", "margaret maggie meg peggy", "jennifer jen jenny",
	"rebecca becky", "susan sue susie", "patricia pat patty tricia", "barbara barb", "deborah debbie deb", "victoria vicky", "alexandra alex sandra",
	"samantha sam", "christina christine chris tina", "jacqueline jackie", "theodore ted theo", "nathaniel nathan nate", "zachary zach zack",
	"joshua josh", "isabella bella izzy", "abigail abby", "gabrielle gabby", "philip phil", "vincent vince", "francis frank", "henry harry hank",
)

func groupsOf(groups ...string) map[string][]int {
	table := make(map[string][]int)
	for i, group := range groups {
		for name := range strings.FieldsSeq(group) {
			table[name] = append(table[name], i)
		}
	}
	return table
}

// name is one folded part of a person's name.
type name struct {
	first string // the first word
	whole string // all words, without spaces
	sound string
}

// readNames folds given name and surname. A full name in the given name alone is
// parted at its last word, or at a comma that puts the surname first.
func readNames(given, surname string) (name, name) {
	if strings.TrimSpace(surname) == "" {
		if last, first, ok := strings.Cut(given, ","); ok {
			given, surname = first, last
		} else if words := nameWords(given); len(words) > 1 {
			given, surname = strings.Join(words[:len(words)-1], " "), words[len(words)-1]
		}
	}
	return readName(given), readName(surname)
}

func readName(raw string) name {
	words := nameWords(raw)
	if len(words) == 0 {
		return name{}
	}
	whole := strings.Join(words, "")
	return name{first: words[0], whole: whole, sound: soundOf(whole)}
}

// nameWords folds raw and leaves titles out, unless nothing else would remain.
func nameWords(raw string) []string {
	folded := foldText(raw)
	if noNames[folded] {
		return nil
	}
	words := strings.Fields(folded)
	kept := words[:0:0]
	for _, word := range words {
		if !titles[word] {
			kept = append(kept, word)
		}
	}
	if len(kept) == 0 {
		return words
	}
	return kept
}

// initial returns the first letter, or "".
func (n name) initial() string {
	for _, r := range n.whole {
		return string(r)
	}
	return ""
}

// agreement grades how well two parts of names fit, both known.
func (n name) agreement(other name) (grade, float64) {
	if n.whole == other.whole {
		return exact, 1
	}
	similarity := JaroWinkler(n.whole, other.whole)
	shorter := min(len(n.whole), len(other.whole))
	switch {
	case shorter <= 2 && n.initial() == other.initial():
		return partial, max(similarity, 0.8) // an initial
	case similarity >= 0.92,
		shorter >= 5 && Distance(n.whole, other.whole) == 1,
		n.sound == other.sound && similarity >= 0.85,
		sameNickname(n.first, other.first):
		return near, max(similarity, 0.92)
	case n.first == other.first && shorter >= 3:
		return partial, max(similarity, 0.82) // one of several names
	case similarity >= 0.72:
		return distant, similarity
	}
	return conflict, similarity
}

func sameNickname(a, b string) bool {
	for _, x := range nicknames[a] {
		for _, y := range nicknames[b] {
			if x == y {
				return true
			}
		}
	}
	return false
}
