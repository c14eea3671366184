package courses

// standard are the courses that exist before anybody writes one: one to be asked for by text message, and one that
// explains what was delivered.
var standard = map[string]Course{
	"slides": {
		Title:     map[string]string{"en": "Slides that speak", "de": "Folien, die sprechen"},
		Languages: []string{"en", "de"},
		Keywords:  []Keyword{{"SLIDES", "en"}, {"FOLIEN", "de"}},
		Lessons: []Lesson{
			{
				Key: "material", Title: map[string]string{"en": "The slides", "de": "Die Folien"},
				Text: map[string]string{
					"en": "Here are the slides of the lecture. A short lesson follows each weekday morning.",
					"de": "Hier sind die Folien des Vortrags. An Werktagen folgt morgens eine kurze Lektion.",
				},
				Material: map[string]string{"en": "https://example.com/slides", "de": "https://example.com/folien"},
			},
			weekdayLesson("one-thought", "One thought a slide", "Ein Gedanke pro Folie",
				"Say one thing on each slide. If you need the word and, make two of it.",
				"Sagen Sie auf jeder Folie eine Sache. Wenn Sie ein Und brauchen, machen Sie zwei daraus."),
			weekdayLesson("headline", "The headline is the message", "Die Überschrift ist die Aussage",
				"Write the headline as a whole sentence. Whoever reads only headlines should know your talk.",
				"Schreiben Sie die Überschrift als ganzen Satz. Wer nur Überschriften liest, soll den Vortrag kennen."),
			weekdayLesson("rehearse", "Say it aloud", "Laut sprechen",
				"Give the talk aloud, twice, to nobody. Cut what you stumble over.",
				"Halten Sie den Vortrag zweimal laut, ohne Zuhörer. Streichen Sie, worüber Sie stolpern."),
		},
	},
	"instructions": {
		Title:     map[string]string{"en": "Your product, step by step", "de": "Ihr Produkt, Schritt für Schritt"},
		Languages: []string{"en", "de"},
		Keywords:  []Keyword{{"GUIDE", "en"}, {"ANLEITUNG", "de"}},
		StartsOn:  []Start{{Event: "order.delivery-confirmed", Product: "starter-kit"}},
		Lessons: []Lesson{
			{
				Key: "unpack", Title: map[string]string{"en": "Unpack and check", "de": "Auspacken und prüfen"},
				Text: map[string]string{
					"en": "Check that everything on the list is in the box before you begin.",
					"de": "Prüfen Sie, bevor Sie beginnen, ob alles von der Liste im Karton ist.",
				},
				Material: map[string]string{"en": "https://example.com/guide", "de": "https://example.com/anleitung"},
			},
			{
				Key: "first-use", Title: map[string]string{"en": "The first use", "de": "Der erste Gebrauch"},
				Text: map[string]string{
					"en": "Read page three before you switch it on for the first time.",
					"de": "Lesen Sie Seite drei, bevor Sie es zum ersten Mal einschalten.",
				},
				When: When{After: "1d", At: "10:00"},
			},
			{
				Key: "care", Title: map[string]string{"en": "Care", "de": "Pflege"},
				Text: map[string]string{
					"en": "Clean it once a week with a dry cloth, and it lasts.",
					"de": "Einmal in der Woche mit einem trockenen Tuch reinigen, dann hält es lange.",
				},
				When: When{After: "7d", At: "10:00"},
			},
		},
		Survey: "service",
	},
}

func weekdayLesson(key, title, titel, text, worte string) Lesson {
	return Lesson{
		Key: key, Title: map[string]string{"en": title, "de": titel}, Text: map[string]string{"en": text, "de": worte},
		When: When{After: "1d", At: "09:00", Weekdays: []string{"monday", "tuesday", "wednesday", "thursday", "friday"}},
	}
}
