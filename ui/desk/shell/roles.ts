// Which roles have which rights, as far as the desk has to know before it asks: what
// somebody may not do is not offered to them. test/rights.test.ts reads the table of the
// server and finds what here differs from it.

/** Have an inbox, search, and answer. */
const answering = new Set(['owner', 'supervisor', 'second_line', 'agent', 'fraud_analyst', 'disputes_agent', 'outside_agent', 'break_glass']);
/** Have reports of their own work. */
const reported = new Set(['second_line', 'agent', 'fraud_analyst', 'disputes_agent', 'outside_agent']);
/** See cases; outside agents see none. */
const onCases = new Set(['owner', 'supervisor', 'second_line', 'agent', 'fraud_analyst', 'disputes_agent', 'privacy_officer', 'break_glass']);
/** See how everybody's work goes. */
const reporting = new Set(['owner', 'supervisor', 'quality_reviewer', 'planner', 'compliance_officer']);
const leading = new Set(['owner', 'supervisor']);
const managing = new Set(['owner', 'admin']);
const configuring = new Set(['owner', 'admin', 'supervisor', 'break_glass']);
const planning = new Set(['owner', 'admin', 'supervisor', 'planner', 'break_glass']);
const onTheBoard = new Set(['owner', 'supervisor', 'planner', 'break_glass']);
const auditing = new Set(['owner', 'compliance_officer', 'auditor']);
/** Judge how colleagues look at customers, see it, or make decoys. */
const watching = new Set(['owner', 'supervisor', 'compliance_officer', 'auditor', 'admin']);
/** Read whom rights were refused; who configures does so among the settings. */
const ofRights = new Set(['compliance_officer', 'auditor']);

/** Ask for more rights than they have, in an emergency, or give them. */
const breaking = new Set(['owner', 'admin', 'supervisor', 'second_line', 'fraud_analyst']);
/** Ask for what a second person agrees to, and decide nothing of it. */
const asking = new Set(['supervisor', 'second_line', 'fraud_analyst', 'privacy_officer']);

/** Whether the queue may offer something to somebody in this role. */
export const answers = (role: string): boolean => answering.has(role);
export const seesCases = (role: string): boolean => onCases.has(role);
export const leads = (role: string): boolean => leading.has(role);
export const manages = (role: string): boolean => managing.has(role);
export const configures = (role: string): boolean => configuring.has(role);
export const seesBoard = (role: string): boolean => onTheBoard.has(role);
/** Whether somebody in this role may say what others are routed by. */
export const setsDuties = (role: string): boolean => planning.has(role);
export const reportsOnAll = (role: string): boolean => reporting.has(role);
/** Of everybody, or of themselves. */
export const reports = (role: string): boolean => reporting.has(role) || reported.has(role);
export const audits = (role: string): boolean => auditing.has(role);
export const watches = (role: string): boolean => watching.has(role);
export const readsRights = (role: string): boolean => ofRights.has(role);
export const asksSecond = (role: string): boolean => asking.has(role);
export const opensEmergency = (role: string): boolean => breaking.has(role);
/** Everybody of the house is told that somebody has more rights than their role. */
export const seesEmergencies = (role: string): boolean => role !== '' && role !== 'outside_agent';

/** All roles, those with the most rights first. */
export const allRoles = [
  'owner', 'admin', 'supervisor', 'second_line', 'agent', 'fraud_analyst', 'disputes_agent', 'outside_agent', 'quality_reviewer',
  'planner', 'knowledge_editor', 'privacy_officer', 'compliance_officer', 'auditor',
] as const;
