package contracts

// languages are those that the document's own words speak.
var languages = []string{"en", "de", "es", "fr"}

// words are the document's own, beside those of the template. The texts with % are filled.
type words struct {
	between, and, supplier, customer, dated, until, page, contract, content, signature string
}

var wordsIn = map[string]words{
	"en": {
		between: "between", and: "and", supplier: "the Supplier", customer: "the Customer", dated: "Dated %s", until: "To be signed until %s",
		page: "Page %d of %s", contract: "Contract %s", content: "Content SHA-256 %s",
		signature: "This document is signed electronically by both parties. When, how and by whom is recorded in the evidence that goes with it and names this document by its hash.",
	},
	"de": {
		between: "zwischen", and: "und", supplier: "Lieferant", customer: "Kunde", dated: "Vom %s", until: "Zu unterzeichnen bis %s",
		page: "Seite %d von %s", contract: "Vertrag %s", content: "Inhalt SHA-256 %s",
		signature: "Dieses Dokument wird von beiden Parteien elektronisch unterzeichnet. Wann, wie und durch wen, steht im zugehörigen Nachweis, der dieses Dokument mit seinem Hash benennt.",
	},
	"es": {
		between: "entre", and: "y", supplier: "el Proveedor", customer: "el Cliente", dated: "Con fecha de %s", until: "Firmar hasta el %s",
		page: "Página %d de %s", contract: "Contrato %s", content: "Contenido SHA-256 %s",
		signature: "Ambas partes firman este documento electrónicamente. Cuándo, cómo y quién firmó consta en la prueba adjunta, que identifica este documento por su hash.",
	},
	"fr": {
		between: "entre", and: "et", supplier: "le Fournisseur", customer: "le Client", dated: "En date du %s", until: "À signer jusqu’au %s",
		page: "Page %d sur %s", contract: "Contrat %s", content: "Contenu SHA-256 %s",
		signature: "Ce document est signé électroniquement par les deux parties. Quand, comment et par qui est consigné dans la preuve jointe, qui désigne ce document par son empreinte.",
	},
}
