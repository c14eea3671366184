package match

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// mailProvider states which spellings of an address its provider delivers to one mailbox.
type mailProvider struct {
	domain    string // the domain its aliases are brought to; "" keeps the one given
	ignored   string // characters the provider ignores in the local part
	plusTags  bool   // "+anything" after the user name is a tag
	anyoneCan bool   // free-mail: the domain says nothing about an employer
}

// mailProviders lists the rules providers publish:
//   - Google ignores dots and +tags, and googlemail.com is gmail.com;
//   - Proton ignores dots, hyphens, underscores and +tags, and its three domains
//     share their user names;
//   - Microsoft, Apple, Fastmail, Zoho and Yandex drop +tags only;
//   - the other free-mail providers deliver each spelling apart, and so do all
//     domains not listed: their addresses are only lower-cased.
var mailProviders = map[string]mailProvider{
	"gmail.com":      {domain: "gmail.com", ignored: ".", plusTags: true, anyoneCan: true},
	"googlemail.com": {domain: "gmail.com", ignored: ".", plusTags: true, anyoneCan: true},
	"proton.me":      {domain: "proton.me", ignored: ".-_", plusTags: true, anyoneCan: true},
	"protonmail.com": {domain: "proton.me", ignored: ".-_", plusTags: true, anyoneCan: true},
	"pm.me":          {domain: "proton.me", ignored: ".-_", plusTags: true, anyoneCan: true},
	"outlook.com":    {plusTags: true, anyoneCan: true},
	"hotmail.com":    {plusTags: true, anyoneCan: true},
	"live.com":       {plusTags: true, anyoneCan: true},
	"msn.com":        {plusTags: true, anyoneCan: true},
	"icloud.com":     {plusTags: true, anyoneCan: true},
	"me.com":         {plusTags: true, anyoneCan: true},
	"mac.com":        {plusTags: true, anyoneCan: true},
	"fastmail.com":   {plusTags: true, anyoneCan: true},
	"zoho.com":       {plusTags: true, anyoneCan: true},
	"yandex.com":     {plusTags: true, anyoneCan: true},
	"yandex.ru":      {plusTags: true, anyoneCan: true},
}

// freeMail are further domains where anyone may open a mailbox. Country editions
// of the big providers (yahoo.co.uk, hotmail.fr) are recognised by freeMailBrands.
var freeMail = setOf(`aol.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de mail.ru bk.ru list.ru inbox.ru rambler.ru
	qq.com 163.com 126.com sina.com naver.com daum.net hanmail.net rediffmail.com libero.it virgilio.it tiscali.it orange.fr wanadoo.fr
	laposte.net free.fr sfr.fr comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net btinternet.com bigpond.com optusnet.com.au
	walla.co.il walla.com bezeqint.net 012.net.il netvision.net.il uol.com.br bol.com.br terra.com.br seznam.cz wp.pl o2.pl onet.pl interia.pl
	mail.com email.com tutanota.com tuta.com hey.com hushmail.com ymail.com rocketmail.com fastmail.fm`)

var freeMailBrands = setOf(`yahoo hotmail outlook live gmx yandex`)

// roleNames are local parts read by several people.
var roleNames = setOf(`info office sales support contact admin administrator hello mail email marketing billing accounts accounting
	invoice invoices finance service services customerservice team hr jobs careers press media webmaster postmaster hostmaster noreply
	no-reply donotreply enquiries inquiries reception help helpdesk orders shop store kontakt buero verkauf vertrieb ventas contacto`)

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// CanonicalEmail returns the one spelling of an address under which its mailbox is
// known: lower case, the domain in ASCII (IDNA 2008), aliases of well-known providers
// resolved as mailProviders states. It answers false when raw is not an address of the
// form local@domain.tld; quoted local parts are not accepted.
func CanonicalEmail(raw string) (string, bool) {
	address := strings.ToLower(strings.TrimSpace(raw))
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > 4*254 { // the limit is 254 octets once the domain is in ASCII
		return "", false
	}
	local, domain := address[:at], strings.TrimSuffix(address[at+1:], ".")
	if len(local) > 64 || !utf8.ValidString(raw) || strings.ContainsFunc(local, unicode.IsControl) ||
		strings.ContainsFunc(local, unicode.IsSpace) || strings.ContainsAny(local, "\"(),:;<>@[\\]") ||
		strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", false
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > 253 {
		return "", false
	}
	dot := strings.LastIndexByte(ascii, '.')
	if dot < 1 || len(ascii)-dot < 3 || digitsOf(ascii[dot:]) != "" && !strings.HasPrefix(ascii[dot:], ".xn--") {
		return "", false
	}
	provider := mailProviders[ascii]
	if user, _, tagged := strings.Cut(local, "+"); tagged && provider.plusTags {
		local = user
	}
	local = strings.Map(func(r rune) rune {
		if strings.ContainsRune(provider.ignored, r) {
			return -1
		}
		return r
	}, local)
	if local == "" {
		return "", false
	}
	if provider.domain != "" {
		ascii = provider.domain
	}
	return local + "@" + ascii, true
}

// FreeMailDomain reports whether anyone may open a mailbox at the domain, so that it
// names no employer. It takes a lower-case ASCII domain, as CanonicalEmail returns it.
func FreeMailDomain(domain string) bool {
	brand, _, _ := strings.Cut(domain, ".")
	return mailProviders[domain].anyoneCan || freeMail[domain] || freeMailBrands[brand]
}

// RoleMailbox reports whether the local part of an address (info, sales …) names a
// function that several people share.
func RoleMailbox(local string) bool {
	return roleNames[strings.ToLower(local)]
}
