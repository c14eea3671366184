package answers

// words are how people of one language say that something happened, that it did not, and that there is more to say.
type words struct {
	yes, happened []string // "yes"; "arrived"
	no, not       []string // "no"; what takes back the word of what happened that follows it: "not yet"
	but           []string // there is more to say
}

// lexicons by language (ISO 639-1).
var lexicons = map[string]lexicon{
	"en": newLexicon(words{
		yes:      []string{"yes", "y", "yep", "yeah", "yup", "sure", "all good", "have it"},
		happened: []string{"arrived", "arrive", "received", "receive", "delivered", "got it", "get it", "got", "came", "come", "here"},
		no:       []string{"no", "n", "nope", "nah", "still waiting", "no delivery"},
		not: []string{"not", "not yet", "never", "nothing", "nothing has", "has not", "hasnt", "have not", "havent", "did not", "didnt", "was not", "wasnt", "is not", "isnt", "not been", "hasnt been",
			"not yet been"},
		but: []string{"but", "broken", "damaged", "wrong", "missing", "incomplete", "partly", "half", "maybe", "dont know", "not sure", "no idea"},
	}),
	"de": newLexicon(words{
		yes:      []string{"ja", "j", "jep", "jo", "jawohl", "klar", "alles gut", "passt"},
		happened: []string{"angekommen", "erhalten", "bekommen", "geliefert", "da", "gekommen", "zugestellt", "eingetroffen"},
		no:       []string{"nein", "ne", "nee", "nö", "kein paket", "keine lieferung", "warte noch"},
		not:      []string{"nicht", "noch nicht", "nichts", "noch nichts", "nie", "leider nicht", "immer noch nicht"},
		but:      []string{"aber", "kaputt", "beschädigt", "falsch", "falsche", "fehlt", "fehlen", "unvollständig", "teilweise", "vielleicht", "weiß nicht", "weiss nicht", "keine ahnung"},
	}),
	"fr": newLexicon(words{
		yes:      []string{"oui", "ouais", "bien sûr", "cest bon"},
		happened: []string{"reçu", "recu", "reçue", "arrivé", "arrivée", "livré", "livrée", "bien reçu"},
		no:       []string{"non"},
		not:      []string{"pas", "pas encore", "toujours pas", "rien", "toujours rien", "jamais", "pas été"},
		but:      []string{"mais", "cassé", "cassée", "abîmé", "endommagé", "manque", "incomplet", "peut être", "je ne sais pas", "sais pas"},
	}),
	"es": newLexicon(words{
		yes:      []string{"sí", "si", "claro"},
		happened: []string{"llegó", "llego", "ha llegado", "llegado", "recibido", "recibí", "he recibido", "lo recibí", "lo tengo", "entregado"},
		no:       []string{"nada"},
		not:      []string{"no", "todavía no", "todavia no", "aún no", "aun no", "nunca", "no me"},
		but:      []string{"pero", "roto", "rota", "dañado", "falta", "faltan", "incompleto", "quizás", "no sé", "no se"},
	}),
	"it": newLexicon(words{
		yes:      []string{"sì", "si", "certo"},
		happened: []string{"arrivato", "arrivata", "è arrivato", "ricevuto", "ho ricevuto", "lho ricevuto", "consegnato"},
		no:       []string{"no"},
		not:      []string{"non", "non ancora", "non è ancora", "mai", "niente"},
		but:      []string{"ma", "però", "rotto", "danneggiato", "manca", "incompleto", "forse", "non so", "non lo so"},
	}),
	"nl": newLexicon(words{
		yes:      []string{"ja", "jawel", "zeker"},
		happened: []string{"aangekomen", "ontvangen", "bezorgd", "gekregen", "geleverd", "binnen"},
		no:       []string{"nee", "neen", "geen pakket"},
		not:      []string{"niet", "nog niet", "niets", "nog niets", "nooit"},
		but:      []string{"maar", "kapot", "beschadigd", "verkeerd", "mist", "ontbreekt", "misschien", "weet niet", "weet ik niet"},
	}),
	"pt": newLexicon(words{
		yes:      []string{"sim", "claro"},
		happened: []string{"chegou", "já chegou", "recebi", "recebido", "entregue", "foi entregue"},
		no:       []string{"nada"},
		not:      []string{"não", "nao", "ainda não", "ainda nao", "nunca"},
		but:      []string{"mas", "partido", "quebrado", "danificado", "falta", "faltam", "incompleto", "talvez", "não sei", "nao sei"},
	}),
	"he": newLexicon(words{
		yes:      []string{"כן"},
		happened: []string{"הגיע", "הגיעה", "קיבלתי", "קבלתי", "התקבל", "התקבלה"},
		no:       []string{"שום דבר", "כלום"},
		not:      []string{"לא", "עדיין לא", "עוד לא"},
		but:      []string{"אבל", "שבור", "פגום", "חסר", "אולי", "לא יודע", "לא יודעת"},
	}),
}
