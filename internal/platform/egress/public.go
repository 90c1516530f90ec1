package egress

import "net/netip"

// Public tells whether an address is one of the public internet: not private,
// loopback, link-local, multicast, documentation or reserved (the special-purpose
// registries of RFC 6890), no cloud's metadata service, and no IPv6 form that
// carries an IPv4 address, which a gateway would send on.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	if a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
		return false
	}
	for _, text := range special() {
		if netip.MustParsePrefix(text).Contains(a) {
			return false
		}
	}
	return true
}

// special are networks that netip does not tell.
func special() []string {
	return []string{
		"0.0.0.0/8",        // this network
		"100.64.0.0/10",    // between a provider and its customers (RFC 6598); a cloud's metadata is in it
		"168.63.129.16/32", // a cloud's metadata
		"192.0.0.0/24",     // protocol assignments
		"192.0.2.0/24",     // documentation
		"192.88.99.0/24",   // 6to4 relays
		"198.18.0.0/15",    // measurements
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"240.0.0.0/4",      // reserved, and broadcast
		"2001::/23",        // protocol assignments, Teredo among them
		"2001:db8::/32",    // documentation
		"2002::/16",        // 6to4
		"3fff::/20",        // documentation
	}
}
