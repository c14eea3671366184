package appointments

import (
	"net/url"
	"strconv"
)

// MapLink leads to the place on a map; empty when nothing is known of it.
func (p Place) MapLink() string {
	switch {
	case p.URL != "":
		return p.URL
	case p.Latitude != nil && p.Longitude != nil:
		at := degrees(*p.Latitude) + "," + degrees(*p.Longitude)
		if p.Map == Waze {
			return "https://waze.com/ul?ll=" + url.QueryEscape(at) + "&navigate=yes"
		}
		return "https://www.google.com/maps/search/?api=1&query=" + url.QueryEscape(at)
	case p.Address == "":
		return ""
	case p.Map == Waze:
		return "https://waze.com/ul?q=" + url.QueryEscape(p.Address) + "&navigate=yes"
	default:
		return "https://www.google.com/maps/search/?api=1&query=" + url.QueryEscape(p.Address)
	}
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
