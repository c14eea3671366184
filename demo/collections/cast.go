package main

// habit is how somebody treats what they owe.
type habit string

const (
	prompt     habit = "pays before anybody reminds them"
	afterMail  habit = "pays when the first mail comes"
	afterText  habit = "pays when the text comes"
	afterCall  habit = "opens the page, and pays after the call"
	inParts    habit = "pays in two parts"
	tooMuch    habit = "pays too much"
	keeps      habit = "promises on the page, and keeps it"
	breaks     habit = "promises on the page, and does not keep it"
	objects    habit = "objects; the invoice stands"
	isRight    habit = "objects, and is right"
	goesBroke  habit = "goes bankrupt"
	never      habit = "never pays; it is written off"
	neverKept  habit = "never pays; it is not written off"
	severalDue habit = "owes three invoices, pays one by one"
)

// cast says how many customers have which habit, and how each ends.
var cast = []struct {
	habit  habit
	count  int
	ending string
}{
	{prompt, 3, "settled"}, {afterMail, 6, "settled"}, {afterText, 4, "settled"}, {afterCall, 3, "settled"}, {inParts, 3, "settled"},
	{tooMuch, 2, "settled"}, {keeps, 3, "settled"}, {breaks, 3, "settled"}, {objects, 2, "settled"}, {isRight, 1, "cancelled"},
	{goesBroke, 2, "bankrupt"}, {never, 3, "written-off"}, {neverKept, 2, "handed-over"}, {severalDue, 3, "settled"},
}

// debt is what everybody owes by one invoice, in cents; parts of it are thirds.
const debt = 12_000

// invoices is how many invoices somebody has.
func (h habit) invoices() int {
	if h == severalDue {
		return 3
	}
	return 1
}
