package events

import "reflect"

//go:generate go run ./internal/genschema

// Level is the newest event level this binary reads and, once the log has been
// raised to it, writes.
const Level = 1

// Row is one line of the catalogue: a kind, who owns it, what it carries.
type Row struct {
	Kind      Kind
	Since     int          // level from which the kind may be written
	Essential bool         // said even when the log is 90 % full
	Type      reflect.Type // the payload struct

	decode func([]byte) (Payload, error)
	whole  func(Payload) Payload // nil unless a list of the payload may be null
	upcast func(Payload) Payload // to the next version's payload; nil for the newest
}

// Catalog is THE table of what may be said; nothing else declares a kind.
var Catalog = join(
	rows("provisioner", essential(false),
		row[ClusterFounded]("cluster", "founded"),
		row[LevelRaised]("level", "raised"),
		row[ConsumerCreated]("consumer", "created"),
		row[ConsumerRemoved]("consumer", "removed"),
	),
	rows("provisioner", essential(true),
		row[ClusterRestored]("cluster", "restored"),
		row[StreamCreated]("stream", "created"),
		row[StreamChanged]("stream", "changed"),
		row[StreamRefused]("stream", "refused"),
		row[ConsumerRefused]("consumer", "refused"),
	),
	rows("deployer", essential(false), // the door: what came through it runs to its end
		row[AppDeclared]("app", "declared"),
	),
	rows("deployer", essential(true), // what takes load away, moves it back, ends what began or says no
		row[AppRetired]("app", "retired"),
		row[ReleasePlanned]("release", "planned"),
		row[ReleasePreparing]("release", "preparing"),
		row[ReleaseStarted]("release", "started"),
		row[ReleaseStepStarted]("release", "step-started"),
		row[ReleaseStepCompleted]("release", "step-completed"),
		row[ReleasePaused]("release", "paused"),
		row[ReleaseResumed]("release", "resumed"),
		row[ReleaseCompleted]("release", "completed"),
		row[ReleaseSuperseded]("release", "superseded"),
		row[ReleaseUnchanged]("release", "unchanged"),
		row[ReleasePromoted]("release", "promoted"),
		row[ReleaseDemoted]("release", "demoted"),
		row[ReleaseCooled]("release", "cooled"),
		row[ReleaseAborted]("release", "aborted"),
		row[ReleaseRolledBack]("release", "rolled-back"),
		row[ReleaseStranded]("release", "stranded"),
		row[ReleaseRefused]("release", "refused"),
		row[PromotionRefused]("release", "promotion-refused"),
		row[RollbackRefused]("release", "rollback-refused"),
		row[HaltRefused]("release", "halt-refused"),
		row[ResumeRefused]("release", "resume-refused"),
		row[AbortRefused]("release", "abort-refused"),
		row[RetryRefused]("release", "retry-refused"),
		row[AnalysisStarted]("analysis", "started"),
		row[AnalysisJudged]("analysis", "judged"),
		row[AnalysisPassed]("analysis", "passed"),
		row[AnalysisFailed]("analysis", "failed"),
		row[AnalysisInconclusive]("analysis", "inconclusive"),
		row[AnalysisCancelled]("analysis", "cancelled"),
		row[RouteDeclared]("route", "declared"),
		row[RouteShifted]("route", "shifted"),
		row[RoutePaused]("route", "paused"),
		row[RouteResumed]("route", "resumed"),
		row[RouteRemoved]("route", "removed"),
		row[RouteRefused]("route", "refused"),
		row[AssignmentRequested]("assignment", "requested"),
		row[AssignmentCleared]("assignment", "cleared"),
		row[AssignmentWithdrawn]("assignment", "withdrawn"),
	),
	rows("placer", essential(true),
		row[PlacementPlaced]("placement", "placed"),
		row[PlacementBlocked]("placement", "blocked"),
		row[PlacementCancelled]("placement", "cancelled"),
		row[PlacementEvacuated]("placement", "evacuated"),
		row[EvacuationCordoned]("evacuation", "cordoned"),
		row[EvacuationUncordoned]("evacuation", "uncordoned"),
		row[EvacuationStarted]("evacuation", "started"),
		row[EvacuationEmptied]("evacuation", "emptied"),
		row[EvacuationBlocked]("evacuation", "blocked"),
		row[EvacuationFinished]("evacuation", "finished"),
		row[EvacuationCancelled]("evacuation", "cancelled"),
		row[EvacuationRefused]("evacuation", "refused"),
	),
	rows("node", essential(true),
		row[NodeJoined]("node", "joined"),
		row[NodeChanged]("node", "changed"),
		row[NodeLeft]("node", "left"),
		row[InstanceFetching]("instance", "fetching"),
		row[InstanceFetched]("instance", "fetched"),
		row[InstanceFetchFailed]("instance", "fetch-failed"),
		row[InstanceStarting]("instance", "starting"),
		row[InstanceStarted]("instance", "started"),
		row[InstanceReady]("instance", "ready"),
		row[InstanceUnready]("instance", "unready"),
		row[InstanceExited]("instance", "exited"),
		row[InstanceBackingOff]("instance", "backing-off"),
		row[InstanceFailed]("instance", "failed"),
		row[InstanceCompleted]("instance", "completed"),
		row[InstanceStopping]("instance", "stopping"),
		row[InstanceStopped]("instance", "stopped"),
		row[InstanceAdopted]("instance", "adopted"),
		row[DriftFound]("drift", "found"),
		row[DriftRepaired]("drift", "repaired"),
		row[DriftAccepted]("drift", "accepted"),
		row[DriftRepairFailed]("drift", "repair-failed"),
	),
	rows("registry", essential(true),
		row[EndpointRegistered]("endpoint", "registered"),
		row[EndpointAvailable]("endpoint", "available"),
		row[EndpointUnavailable]("endpoint", "unavailable"),
		row[EndpointDraining]("endpoint", "draining"),
		row[EndpointDrained]("endpoint", "drained"),
		row[EndpointRemoved]("endpoint", "removed"),
		row[EndpointRefused]("endpoint", "refused"),
		row[PoolChanged]("pool", "changed"),
		row[SettlementReached]("settlement", "reached"),
		row[LeaseGranted]("lease", "granted"),
		row[LeaseLapsed]("lease", "lapsed"),
		row[LeaseResumed]("lease", "resumed"),
		row[LeaseReleased]("lease", "released"),
		row[BrakeEngaged]("brake", "engaged"),
		row[BrakeReleased]("brake", "released"),
		row[BrakeRefused]("brake", "refused"),
	),
	rows("gateway", essential(true),
		row[GatewayJoined]("gateway", "joined"),
		row[GatewayDraining]("gateway", "draining"),
		row[GatewayDrained]("gateway", "drained"),
		row[GatewayLeft]("gateway", "left"),
		row[RoutingApplied]("routing", "applied"),
		row[RoutingQuiesced]("routing", "quiesced"),
		row[RoutingRefused]("routing", "refused"),
		row[TrafficClosed]("traffic", "closed"),
		row[TrafficDrained]("traffic", "drained"),
		row[TrafficCut]("traffic", "cut"),
		row[BreakerOpened]("breaker", "opened"),
		row[BreakerHalfOpened]("breaker", "half-opened"),
		row[BreakerClosed]("breaker", "closed"),
		row[BreakerHeld]("breaker", "held"),
	),
	rows("gateway", essential(false),
		row[CertificateObtaining]("certificate", "obtaining"),
		row[CertificateObtained]("certificate", "obtained"),
		row[CertificateFailed]("certificate", "failed"),
		row[CertificateExpired]("certificate", "expired"),
	),
	rows(OwnerParticipant, essential(true),
		row[LetterParked]("letter", "parked"),
		row[LetterCopied]("letter", "copied"),
		row[LetterRequeued]("letter", "requeued"),
		row[LetterDropped]("letter", "dropped"),
		row[LetterRefused]("letter", "refused"),
		row[GuaranteeViolated]("guarantee", "violated"),
		row[GuaranteeRestored]("guarantee", "restored"),
		row[DrillBegun]("drill", "begun"),
		row[DrillEnded]("drill", "ended"),
		row[DrillRefused]("drill", "refused"),
	),
	rows(OwnerWish, essential(false),
		row[WishAppDeclared]("app", "declared"),
		row[WishAppRetired]("app", "retired"),
		row[WishPromotionRequested]("promotion", "requested"),
		row[WishRollbackRequested]("rollback", "requested"),
		row[WishHaltRequested]("halt", "requested"),
		row[WishHaltLifted]("halt", "lifted"),
		row[WishAbortRequested]("abort", "requested"),
		row[WishRetryRequested]("retry", "requested"),
		row[WishHoldRequested]("hold", "requested"),
		row[WishHoldLifted]("hold", "lifted"),
		row[WishCordonRequested]("cordon", "requested"),
		row[WishCordonLifted]("cordon", "lifted"),
		row[WishDrainRequested]("drain", "requested"),
		row[WishDrainCancelled]("drain", "cancelled"),
		row[WishRemovalRequested]("removal", "requested"),
		row[WishEvictionRequested]("eviction", "requested"),
		row[WishEvictionLifted]("eviction", "lifted"),
		row[WishIntegrationDeclared]("integration", "declared"),
		row[WishIntegrationWithdrawn]("integration", "withdrawn"),
		row[WishEndpointOffered]("endpoint", "offered"),
		row[WishEndpointWithdrawn]("endpoint", "withdrawn"),
		row[WishRequeueRequested]("requeue", "requested"),
		row[WishDropRequested]("drop", "requested"),
		row[WishDrillRequested]("drill", "requested"),
	),
)

// Find looks a kind up: by owner, entity, happened and version; what every
// participant may say is found under any owner.
func Find(k Kind) (Row, bool) {
	if r := find(k); r != nil {
		return *r, true
	}
	return Row{}, false
}

// find is Find without a copy; nil is none.
func find(k Kind) *Row {
	if r, ok := byKind[k]; ok || k.IsWish() {
		return r
	}
	return byKind[Kind{OwnerParticipant, k.Entity, k.Happened, k.Version}]
}

// KindOf is the kind a payload struct stands for. It panics on a struct without a
// row: saying what nobody declared is a bug of the speaker.
func KindOf(p Payload) Kind {
	r, ok := byType[reflect.TypeOf(p)]
	if !ok {
		panic("events: no row in the catalogue for " + reflect.TypeOf(p).String())
	}
	return r.Kind
}

// K is the kind of payload type P, for declarations: K[ReleasePromoted]().
func K[P Payload]() Kind { var p P; return KindOf(p) }

var byKind, byType = index(Catalog)

func index(all []Row) (map[Kind]*Row, map[reflect.Type]*Row) {
	kinds, types := make(map[Kind]*Row, len(all)), make(map[reflect.Type]*Row, len(all))
	for i := range all {
		r := &all[i]
		kinds[r.Kind], types[r.Type] = r, r
	}
	return kinds, types
}

type essential bool

func row[P Payload](entity, happened string) Row {
	return Row{
		Kind: Kind{Entity: entity, Happened: happened, Version: 1}, Since: 1, Type: reflect.TypeFor[P](),
		decode: decoderOf[P](), whole: wholeOf[P](),
	}
}

func rows(owner string, e essential, all ...Row) []Row {
	for i := range all {
		all[i].Kind.Owner, all[i].Essential = owner, bool(e)
	}
	return all
}

func join(groups ...[]Row) (all []Row) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}
