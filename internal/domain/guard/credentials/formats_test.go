package credentials

import "testing"

// The keys are examples of the Bitcoin wiki, and one with a letter changed.
func TestWIF(t *testing.T) {
	for key, want := range map[string]bool{
		"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ":  true,
		"KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617": true,
		"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK":  false,
		"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyT0":  false,
	} {
		if got := wif(key); got != want {
			t.Errorf("%s: got %v", key, got)
		}
	}
}

func TestPublicAddress(t *testing.T) {
	for value, want := range map[string]bool{
		"0x52908400098527886E0F7030069857D2E4169EE7": true, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq": true,
		"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t": true, "q8Zr2LxV9sTn4KpW7yBh3MdF6jGc1RaE9": false,
	} {
		if got := publicAddress(value); got != want {
			t.Errorf("%s: got %v", value, got)
		}
	}
}
