package ledger

// Spec is an account to be opened.
type Spec struct {
	Account
	Owner string // "" for the wallet's own and those of the world outside
}

// Standing is an account as it stands after some commit.
type Standing struct {
	Spec
	Balance Balance
}

// Record is something that whoever keeps the books knows besides, in one revision.
type Record struct {
	Kind, ID string
	Owner    string // by whom it is listed; must not change
	Sort     int64  // by which it is listed
	Body     string
}

// MaxBody bounds a record's body, in bytes.
const MaxBody = 64 << 10

// Before is where a page of records begins: with those that sort below it. The zero
// Before is the beginning.
type Before struct {
	Sort int64
	ID   string
}

// Need is what a function on the books will look at, so that it can be read at once for
// a whole commit; what is not named is read when it is asked for.
type Need struct {
	Accounts  []string
	Transfers []string
}
