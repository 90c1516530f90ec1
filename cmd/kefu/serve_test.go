package main

import "testing"

func TestTheAddressOfThePagesFollowsTheListener(t *testing.T) {
	for _, c := range []struct {
		name, set, listen, want string
	}{
		{"nothing said", "", "", "http://localhost:8080"},
		{"another port", "", "localhost:9000", "http://localhost:9000"},
		{"all interfaces are no name", "", "0.0.0.0:9000", "http://localhost:8080"},
		{"an address that was chosen stays", "https://help.wallet.example", "localhost:9000", "https://help.wallet.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var args []string
			if c.listen != "" {
				args = []string{"--listen", c.listen}
			}
			if c.set != "" {
				t.Setenv("KEFU_PUBLIC_URL", c.set)
			}
			got, err := newFlags("serve").load(args, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got.PublicURL != c.want {
				t.Errorf("pages at %s, want %s", got.PublicURL, c.want)
			}
		})
	}
}
