package match

import "strings"

// Person is one record to link: a person, a company, or a person at a company.
// Every field is optional and may be written in any usual spelling; empty means
// unknown and counts neither for nor against a match.
type Person struct {
	Email     string
	Phone     string
	GivenName string // a full name is accepted here when Surname is empty
	Surname   string
	Company   string
	Street    string // house number and street; further address lines after a comma
	City      string
	Postcode  string
	State     string
	Country   string // ISO 3166-1 alpha-2; also the region phone numbers are read in

	// Attributes are further facts under the caller's own names: identifiers,
	// dates, free text. What an attribute is worth follows from its name and shape.
	Attributes map[string]string
}

// column is where a named value belongs in a Person.
type column int

const (
	colAttribute column = iota
	colEmail
	colPhone
	colGivenName
	colSurname
	colCompany
	colStreetNumber
	colStreet
	colStreetExtra
	colCity
	colPostcode
	colState
	colCountry
)

// columns maps folded header names, as forms and exports spell them, to fields.
var columns = map[string]column{
	"email": colEmail, "emailaddress": colEmail, "mail": colEmail,
	"phone": colPhone, "phonenumber": colPhone, "telephone": colPhone, "tel": colPhone, "mobile": colPhone, "mobilephone": colPhone, "cell": colPhone,
	"givenname": colGivenName, "firstname": colGivenName, "forename": colGivenName, "fname": colGivenName, "fullname": colGivenName,
	"surname": colSurname, "lastname": colSurname, "familyname": colSurname, "lname": colSurname,
	"company": colCompany, "companyname": colCompany, "organisation": colCompany, "organization": colCompany, "employer": colCompany,
	"streetnumber": colStreetNumber, "housenumber": colStreetNumber,
	"street": colStreet, "address": colStreet, "addr": colStreet, "address1": colStreet, "addressline1": colStreet, "streetaddress": colStreet,
	"address2": colStreetExtra, "addressline2": colStreetExtra,
	"city": colCity, "town": colCity, "suburb": colCity, "locality": colCity,
	"postcode": colPostcode, "postalcode": colPostcode, "zip": colPostcode, "zipcode": colPostcode,
	"state": colState, "region": colState, "province": colState,
	"country": colCountry, "countrycode": colCountry,
}

// FromColumns builds a Person from named values, such as a CSV row or the
// attributes of a web form: names it knows (given_name, first_name, zip, address_1 …,
// in any case and with any separators) fill the fields, all others become
// Attributes. When two names mean one field, the alphabetically first non-empty
// one is kept.
func FromColumns(values map[string]string) Person {
	var p Person
	var number, street, extra string
	targets := map[column]*string{
		colEmail: &p.Email, colPhone: &p.Phone, colGivenName: &p.GivenName, colSurname: &p.Surname,
		colCompany: &p.Company, colStreetNumber: &number, colStreet: &street, colStreetExtra: &extra,
		colCity: &p.City, colPostcode: &p.Postcode, colState: &p.State, colCountry: &p.Country,
	}
	for _, name := range sortedNames(values) {
		value := strings.TrimSpace(values[name])
		if value == "" {
			continue
		}
		target, known := targets[columns[squash(foldText(name))]]
		if !known {
			if p.Attributes == nil {
				p.Attributes = make(map[string]string)
			}
			p.Attributes[name] = value
			continue
		}
		if *target == "" {
			*target = value
		}
	}
	p.Street = strings.TrimSpace(number + " " + street)
	if extra != "" {
		p.Street = strings.TrimPrefix(p.Street+", "+extra, ", ")
	}
	return p
}

// WithAttributeFields returns p with fields it lacks filled from attributes that
// name them (a form may send "postcode" as a plain attribute). Where p has a value
// already, the attribute of that name is left out. The map of p is not changed.
func (p Person) WithAttributeFields() Person {
	found := FromColumns(p.Attributes)
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&p.Email, found.Email)
	fill(&p.Phone, found.Phone)
	fill(&p.GivenName, found.GivenName)
	fill(&p.Surname, found.Surname)
	fill(&p.Company, found.Company)
	fill(&p.Street, found.Street)
	fill(&p.City, found.City)
	fill(&p.Postcode, found.Postcode)
	fill(&p.State, found.State)
	fill(&p.Country, found.Country)
	p.Attributes = found.Attributes
	return p
}
