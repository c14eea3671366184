package appointments

import "net/netip"

// inside are networks besides those that netip knows as private: addresses that lead into a house, or to nobody.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by a provider's customers (RFC 6598)
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),   // these three hold an address of IPv4, whatever it is
	netip.MustParsePrefix("64:ff9b:1::/48"), //
	netip.MustParsePrefix("2002::/16"),      //
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
}

// Outside reports whether an address is one of the public internet: neither this machine's, nor one of a network of the house.
func Outside(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" {
		return false
	}
	for _, network := range inside {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}
