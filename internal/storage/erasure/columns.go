package erasure

import "strings"

// Fate is what becomes of a column of a customer's when the customer is erased.
type Fate string

// The fates.
const (
	Nobodys Fate = "nobodys" // it can say nothing of a customer: an id of ours, a time, a count, a state, staff, the house
	Gone    Fate = "gone"    // its row is deleted, and the key of what is sealed in it destroyed
	Sealed  Fate = "sealed"  // it stays as it lies, and the key without which nobody reads it is destroyed
	Emptied Fate = "emptied"
	Kept    Fate = "kept" // for the reason that stands with it
)

// Column is a column's fate, and why where it is kept.
type Column struct {
	Fate Fate
	Why  string
}

// pseudonym is why Kefu's own id of a customer may stay: it is random, and with the
// profile goes what says whose it is.
const pseudonym = "a random id; with the profile goes what says whose it is"

// Columns say of every column of the schema what becomes of it. A column that is not in
// here fails a test: whoever adds one decides it.
func Columns() map[string]map[string]Column {
	out := map[string]map[string]Column{}
	add := func(table string, fate Fate, why, columns string) {
		if out[table] == nil {
			out[table] = map[string]Column{}
		}
		for name := range strings.FieldsSeq(columns) {
			out[table][name] = Column{fate, why}
		}
	}
	people(add)
	talk(add)
	doings(add)
	for table, columns := range house() {
		add(table, Nobodys, "", columns)
	}
	return out
}

type adding func(table string, fate Fate, why, columns string)

func people(add adding) {
	add("customer", Nobodys, "", "evidence created_at")
	add("customer", Kept, pseudonym, "id became")
	add("customer", Emptied, "", "issuer subject name name_ref language")
	add("customer_handle", Gone, "", "customer_id kind digest value value_ref evidence seen_at")
	add("window_secret", Gone, "", "digest customer_id verified level created_at expires_at revoked_at level_until")
	add("token_used", Nobodys, "", "issuer jti expires_at") // numbers that a wallet draws
	add("proof_try", Kept, "it locks whoever guesses, and says nothing of them", "customer_id failed first_at locked_until")
	add("contact", Gone, "", "id customer_id conversation_id staff_id staff_name channel purpose code_digest code code_ref attempts created_at expires_at ended_at end_reason seen_at checked_at phrase_at")
	add("contact_try", Gone, "", "id customer_id channel at")
	add("contact_phrase", Gone, "", "customer_id phrase phrase_ref set_at")
	add("revocation", Kept, "a day long, so that every window closes; "+pseudonym, "subject")
	add("revocation", Nobodys, "", "pos kind at")
	add("decision", Nobodys, "", "hour staff_id role action need restriction_id rule version operation last_at times")
	add("decision", Kept, "a month long; "+pseudonym, "object_id") // what somebody asked about
	add("erasure", Kept, "the proof that it was done; "+pseudonym, "customer_id case_id approval state begun_at changed_at next_at did pass failures also")
	add("erased_conversation", Kept, "the proof that it was done", "conversation_id customer_id at")
}

func talk(add adding) {
	add("conversation", Nobodys, "", `id channel status status_before assignee_id assignee_name priority merged_into last_seq preview_seq created_at last_activity inbox_activity
		waiting_since snoozed_until resolved_at reopened unread customer_delivered customer_read agent_read team skills rated_at score wrap_up`)
	add("conversation", Kept, pseudonym, "customer_id")
	add("conversation", Emptied, "", "start_ref topic topic_ref language tags")
	add("conversation_tag", Gone, "", "tag conversation_id")
	add("entry", Nobodys, "", "pos conversation_id seq kind author_kind at of_seq state client_id author_name") // names are those of staff; client ids are drawn
	add("entry", Kept, pseudonym, "author_id")
	add("entry", Sealed, "", "content content_ref")
	add("entry_version", Gone, "", "conversation_id seq replaced_by content content_ref")
	add("draft", Gone, "", "staff_id conversation_id content content_ref at note")
	add("attachment", Gone, "", "id customer_id conversation_id uploader_kind uploader_id name name_ref media_type size blob_ref internal created_at unsent_since")
	add("mention", Gone, "", "staff_id at conversation_id seq seen_at")
	add("fact", Nobodys, "", `conversation_id began channel assignee_id answered_by first_wall first_work first_state solved_at solved_wall solved_work solved_state
		reopened customer_messages agent_messages hand_overs score rated_at live body team topic code`) // what reports count
	add("fact", Emptied, "", "language tags")
	add("webhook_delivery", Gone, "", "id endpoint_id event_id type conversation_id seq data at state attempts created_at next_at done_at last_status last_error last_took leased_until")
	add("wallet_notice", Emptied, "", "customer_id")
	add("wallet_notice", Kept, "an id of the wallet's, for 30 days", "object")
	add("wallet_notice", Nobodys, "", "event_id type sequence position at taken_at attempts next_at told_at")
}

func doings(add adding) {
	const evidence = "evidence of what was done with money, for 800 days after it is over; what never left is deleted with its key"
	add("act", Kept, evidence, "id idem_key conversation_id customer_id kind state revision maker_kind maker_id approval_id sending alarmed_at created_at changed_at due_at body body_ref ask_since lost_at")
	const gift = "what the house gave and of which budget, for 800 days; "
	add("goodwill", Kept, gift+pseudonym, "customer_id conversation_id")
	add("goodwill", Nobodys, "", "act_id staff_id team currency units reason approver_id at given")
	add("goodwill_device", Kept, "for 90 days, so that nobody collects gifts by being forgotten; a digest of what the wallet calls a device, which says nothing of whom", "device act_id at")
	add("step_up", Gone, "", "id act_id customer_id state revision asked_at expires_at body body_ref")
	add("assertion_used", Nobodys, "", "digest expires_at")
	add("flow_run", Gone, "", "id customer_id conversation_id flow digest state revision started_at changed_at over_at due_at news asked body body_ref")
	add("run_file", Gone, "", "attachment_id run_id added_at")
	const law = "for as long as the law of the case has it kept, and then deleted with its key"
	add("case_file", Kept, law, "id reference origin customer_id type jurisdiction stage assignee_id revision noticed_at opened_at changed_at due_at breached broken outcome answered_at over_at keep_until reckoned_by proven_at still_since")
	add("case_event", Kept, law, "case_id seq kind at happened_at by_kind by_id body body_ref")
	add("case_clock", Kept, law, "case_id clock state due_at ring_at rung_at")
	add("case_conversation", Kept, law, "conversation_id case_id")
	add("case_act", Kept, law, "act_id case_id")
	add("approval", Kept, "who allowed what: for a customer's it names the act alone", "id kind subject payload hash summary maker created_at expires_at state decider decided_at reason")
	add("audit", Kept, "the chain: pseudonyms, and digests of what was sealed", "seq record detail hash")
	const looked = "who looked at whom, for thirteen months, as the chain has it: proof against who misuses it; "
	add("staff_doing", Kept, looked+pseudonym, "customer_id object conversation_id contact")
	add("staff_doing", Nobodys, "", "seq nth at staff_id role peers kind action field reason high decoy new_device off_shift unjudged destination approver")
	add("staff_watch", Kept, "what is compared, for a month; "+pseudonym, "body")
	add("staff_watch", Nobodys, "", "id begun_at seq saved_seq")
	add("job", Kept, "references to keys, until they are destroyed", "payload")
	add("job", Nobodys, "", "id kind dedup due_at lease_until epoch attempts last_error failed_at")
}

// house are the tables that are about staff, the house and Kefu itself.
func house() map[string]string {
	return map[string]string{
		"log_head":         "id pos audit_seq audit_hash",
		"deployment":       "id name",
		"staff":            "id email name alias role password_hash totp totp_ref totp_step failures locked_until disabled_at created_at passkey_only",
		"staff_session":    "digest id staff_id created_at seen_at expires_at revoked_at method proved_at place fresh",
		"staff_network":    "staff_id network signed_in_at failures locked_until",
		"staff_passkey":    "id staff_id credential name public_key sign_count backup_eligible backed_up model transports created_at used_at",
		"staff_used":       "digest expires_at",
		"staff_invitation": "id digest kind email role staff_id invited_by created_at expires_at used_at revoked_at duties",
		"staff_directory":  "issuer subject staff_id linked_at",
		"staff_finding":    "id staff_id peers at day by_rule step grade reasons state taken made_at about", // counts and shares; of customers nothing
		"staff_decision":   "id finding_id staff_id verdict reason made_by at approval",
		"emergency":        "id staff_id reason asked_by approval began_at until_at ended_at ended_by",
		"staff_restraint":  "id staff_id step finding_id since made_by lifted_at lifted_by freed_at",
		"decoy":            "customer_id conversation_id made_by made_at retired_at", // of customers whom there are not
		"setting":          "kind id owner revision body archived changed_by changed_at pos",
		"setting_revision": "kind id revision body archived changed_by changed_at approval",
		"duty":             "staff_id teams skills languages slots changed_at revision",
		"presence":         "staff_id since until_at state reason",
		"wait_promise":     "conversation_id made_at channel team place p50 p80 ended_at outcome",
		"routing_learned":  "id body at",
		"inbox":            "status assignee_id activity conversation_id team code",
		"follower":         "name pos",
		"backlog":          "quarter channel delta",
		"clock":            "conversation_id kind seq target_id target_revision started_at due_at ended_at state level next_at next_level assignee_id soonest",
		"webhook_secret":   "id endpoint_id secret secret_ref created_at expires_at",
		"api_key":          "id digest name scopes networks created_by created_at expires_at used_at refused_at revoked_at revoked_by",
		"wallet_reveal":    "id staff_id at",
		"fact_pack":        "part hour body",
		"fact_loose":       "part hour changes",
		"wallet_position":  "name position",
		"flow_text":        "digest flow version text added_at",
		"failure_doubt":    "rail code said mapped times first_at last_at example", // the example is masked, and of nobody who is named
	}
}
