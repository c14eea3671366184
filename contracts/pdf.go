package contracts

import (
	"bytes"
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/perdura/perdura/templates"
)

// The page, in millimetres: A4 with margins.
const (
	marginX, marginTop, marginBottom = 25.0, 24.0, 28.0
	textWidth                        = 210 - 2*marginX
	lineHeight                       = 5.4
	font                             = "Go"
)

// Print makes the PDF of a document. Equal documents give equal bytes.
func (d Document) Print() ([]byte, error) {
	hash, err := d.Hash()
	if err != nil {
		return nil, err
	}
	p := &printer{Fpdf: fpdf.New("P", "mm", "A4", ""), words: wordsIn[d.Language], document: d}
	p.SetCatalogSort(true) // or the order of the objects is left to chance
	p.SetCreationDate(d.Date)
	p.SetModificationDate(d.Date)
	p.SetTitle(d.Title, true)
	p.SetProducer("Perdura", true)
	p.SetLang(d.Language)
	p.AddUTF8FontFromBytes(font, "", goregular.TTF)
	p.AddUTF8FontFromBytes(font, "B", gobold.TTF)
	p.SetMargins(marginX, marginTop, marginX)
	p.SetAutoPageBreak(true, marginBottom)
	p.AliasNbPages("{n}")
	p.SetFooterFunc(func() { p.footer(hash.String()) })
	p.AddPage()
	p.head()
	for i, c := range d.Clauses {
		p.clause(i+1, c)
	}
	p.signature()
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, fmt.Errorf("print a contract: %w", err)
	}
	return out.Bytes(), nil
}

type printer struct {
	*fpdf.Fpdf
	words    words
	document Document
}

func (p *printer) style(bold string, size float64, grey int) {
	p.SetFont(font, bold, size)
	p.SetTextColor(grey, grey, grey)
}

func (p *printer) head() {
	d := p.document
	p.style("B", 19, 20)
	p.MultiCell(textWidth, 9, d.Title, "", "L", false)
	p.style("", 9.5, 95)
	dates := fmt.Sprintf(p.words.dated, templates.Write(d.Language, templates.Day, d.Date)) + "  ·  " +
		fmt.Sprintf(p.words.until, templates.Write(d.Language, templates.Moment, d.Until))
	p.MultiCell(textWidth, 5.5, dates, "", "L", false)
	p.Ln(5)
	p.SetDrawColor(170, 170, 170)
	p.Line(marginX, p.GetY(), marginX+textWidth, p.GetY())
	p.Ln(5)
	p.party(p.words.between, p.words.supplier, d.Seller)
	p.party(p.words.and, p.words.customer, d.Customer)
	p.Ln(3)
}

// party names one side of the contract.
func (p *printer) party(word, role string, lines []string) {
	const column = 24.0
	p.style("", 10, 95)
	p.CellFormat(column, lineHeight, word, "", 0, "L", false, 0, "")
	for i, line := range lines {
		p.SetX(marginX + column)
		p.style("", 10, 20)
		if i == 0 {
			p.style("B", 10, 20)
		}
		p.MultiCell(textWidth-column, lineHeight, line, "", "L", false)
	}
	p.SetX(marginX + column)
	p.style("", 9, 95)
	p.MultiCell(textWidth-column, lineHeight, "("+role+")", "", "L", false)
	p.Ln(2)
}

func (p *printer) clause(n int, c Clause) {
	// A heading does not stand alone at the foot of a page.
	if p.GetY() > 297-marginBottom-4*lineHeight {
		p.AddPage()
	}
	p.Ln(2.5)
	p.style("B", 11, 20)
	p.MultiCell(textWidth, 6.5, fmt.Sprintf("%d.  %s", n, c.Heading), "", "L", false)
	p.style("", 10, 20)
	for _, paragraph := range strings.Split(c.Text, "\n\n") {
		p.MultiCell(textWidth, lineHeight, strings.TrimSpace(paragraph), "", "L", false)
		p.Ln(1.5)
	}
}

// signature says where the signatures are, in place of lines for ink.
func (p *printer) signature() {
	if p.GetY() > 297-marginBottom-30 {
		p.AddPage()
	}
	p.Ln(7)
	p.SetFillColor(243, 245, 249)
	p.style("", 9, 60)
	p.MultiCell(textWidth, 5.5, p.words.signature, "", "L", true)
}

func (p *printer) footer(hash string) {
	p.SetY(-20)
	p.SetDrawColor(200, 200, 200)
	p.Line(marginX, p.GetY(), marginX+textWidth, p.GetY())
	p.Ln(1.5)
	p.style("", 7, 110)
	p.CellFormat(textWidth-30, 4, fmt.Sprintf(p.words.contract, p.document.ID), "", 0, "L", false, 0, "")
	p.CellFormat(30, 4, fmt.Sprintf(p.words.page, p.PageNo(), "{n}"), "", 1, "R", false, 0, "")
	p.CellFormat(textWidth, 4, fmt.Sprintf(p.words.content, hash), "", 0, "L", false, 0, "")
}
