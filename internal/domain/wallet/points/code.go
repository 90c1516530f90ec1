package points

// Code is why points were not given, not taken, or an offer did not count. What a customer is
// told of each is data (content/points). A reason that must not be told is NotNow, and so is
// one that the wallet has no word for.
type Code string

// NotNow is every reason that is not told.
const NotNow Code = "not_now"

// Why a redemption is refused.
const (
	NotEnough      Code = "not_enough"
	OnlyPending    Code = "only_pending" // enough, but not to be spent yet
	Owes           Code = "owes"         // points are owed from before
	SoldOut        Code = "sold_out"
	RewardEnded    Code = "reward_ended"
	NotBegun       Code = "not_begun"
	Once           Code = "once" // for each customer, and it was
	PeriodLimit    Code = "period_limit"
	OtherCountry   Code = "other_country"
	AccountClosing Code = "account_closing"
	BelowBasket    Code = "below_basket" // of a voucher: the basket is too small
	OtherShop      Code = "other_shop"   // of a voucher, and of an offer
	VoucherUsed    Code = "voucher_used"
	VoucherLapsed  Code = "voucher_lapsed"
	Fault          Code = "fault" // of the wallet's own
)

// RedemptionCodes lists them.
func RedemptionCodes() []Code {
	return []Code{
		NotEnough, OnlyPending, Owes, SoldOut, RewardEnded, NotBegun, Once, PeriodLimit, OtherCountry, AccountClosing, BelowBasket, OtherShop, VoucherUsed, VoucherLapsed, Fault, NotNow,
	}
}

// Why an offer did not count a purchase.
const (
	NotJoined     Code = "not_joined"
	BeforeJoining Code = "before_joining"
	TooEarly      Code = "too_early" // before the offer began
	TooLate       Code = "too_late"
	BelowMinimum  Code = "below_minimum"
	OtherCategory Code = "other_category"
	OtherMethod   Code = "other_method"
	NotSettled    Code = "not_settled" // the payment is not over
	GivenBack     Code = "given_back"  // the purchase was refunded
)

// OfferCodes lists them.
func OfferCodes() []Code {
	return []Code{NotJoined, BeforeJoining, TooEarly, TooLate, BelowMinimum, OtherShop, OtherCategory, OtherMethod, NotSettled, GivenBack, Once, NotNow}
}

// Why a purchase earned nothing, or a claim was refused.
const (
	NotMember    Code = "not_member"
	BeforeMember Code = "before_member" // the purchase was before they began to collect
	NoPurchase   Code = "no_purchase"   // transfers, bills, money out
	Excluded     Code = "excluded"      // a shop or sort of purchase without points
	TooSmall     Code = "too_small"     // less than one point
	Unfinished   Code = "unfinished"    // the payment failed, or is not over
	RefundOpen   Code = "refund_open"   // how much is given back is not decided
	DisputeOpen  Code = "dispute_open"  // nor whether the payment stands
	ClaimLate    Code = "claim_late"
	NoProof      Code = "no_proof" // what was given does not show it
)

// EarningCodes lists them.
func EarningCodes() []Code {
	return []Code{NotMember, BeforeMember, NoPurchase, Excluded, TooSmall, Unfinished, GivenBack, RefundOpen, DisputeOpen, ClaimLate, NoProof, NotNow}
}
