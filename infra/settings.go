package main

import "lastgood/shared/telemetry"

// settings are what the functions differ in. Everything else about them is alike.
type settings struct {
	purpose        string // the description in the console
	memoryMB       int
	timeoutSeconds int
	feed
}

// A feed is how messages come from a queue to a function.
type feed struct {
	// visibilitySeconds is how long a message that failed waits, and more than the function's
	// timeout with the batching window: a message must not come again while it is handled.
	visibilitySeconds int
	// maxReceives is how often a message is tried. Deliveries that the mapping's
	// concurrency limit throttled count too: for many messages at once Lambda asks for 5 or more.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	maxReceives   int
	batchSize     int // messages for one invocation; over 10 needs a window of a second or more
	windowSeconds int // how long they are gathered for
}

// byFunction has one entry for each of telemetry.Functions.
//
// The batches differ because one listing of images serves many state changes, while
// each creation and each copy is asked about by itself. reconcile looks at everything
// and gets one message at a time. It is tried three times only: by then two newer
// schedules have said the same, and an alarm tells that none of them got through.
//
// The timeout of the others is enough for a full batch of moves, of about eight calls
// each, with Parameter Store taking no more than three puts a second; and for a policy
// of 10,000 targets, ten for a call. snapshotstate has more of it: a set moves a pointer
// for each of its volumes, and copies and deletions come on top.
//
// rollout has as much: an account's groups and launch templates are listed, and each group asks for itself.
//
// A capture has all the time that Lambda gives. Its message stays hidden until no command
// that it sent can still be on its way: the function's time, and the longest that a policy's
// scripts may take. The last receive only thaws, so functions/capture counts them too.
var byFunction = map[telemetry.Function]settings{
	telemetry.CreateImage: {
		purpose:  "Attributes a new image to its instance and settles the instance's pointer",
		memoryMB: 256, timeoutSeconds: 120, feed: feed{visibilitySeconds: 180, maxReceives: 10, batchSize: 10},
	},
	telemetry.CopyImage: {
		purpose:  "Attributes and signs a copied image with its original's age and settles the pointer",
		memoryMB: 256, timeoutSeconds: 120, feed: feed{visibilitySeconds: 180, maxReceives: 10, batchSize: 10},
	},
	telemetry.ImageState: {
		purpose:  "Settles pointers when an image becomes usable or stops being so",
		memoryMB: 256, timeoutSeconds: 120, feed: feed{visibilitySeconds: 180, maxReceives: 10, batchSize: 100, windowSeconds: 2},
	},
	telemetry.Reconcile: {
		purpose:  "Settles every pointer on a schedule, so that a lost event costs minutes, and measures them",
		memoryMB: 512, timeoutSeconds: 600, feed: feed{visibilitySeconds: 1800, maxReceives: 3, batchSize: 1},
	},
	telemetry.Rollout: {
		purpose:  "Gives new images to the Auto Scaling groups that follow an instance",
		memoryMB: 256, timeoutSeconds: 300, feed: feed{visibilitySeconds: 600, maxReceives: 10, batchSize: 50, windowSeconds: 2},
	},
	telemetry.Snapshot: {
		purpose:  "Finds the targets of a policy that is due and queues a capture of each",
		memoryMB: 256, timeoutSeconds: 120, feed: feed{visibilitySeconds: 180, maxReceives: 10, batchSize: 1},
	},
	telemetry.SnapshotState: {
		purpose:  "Settles volumes' pointers when snapshots are done, attests copies, copies and prunes",
		memoryMB: 256, timeoutSeconds: 300, feed: feed{visibilitySeconds: 600, maxReceives: 10, batchSize: 50, windowSeconds: 2},
	},
	telemetry.Capture: {
		purpose:  "Freezes one target of a policy, initiates its snapshots or its image, and thaws it",
		memoryMB: 256, timeoutSeconds: 900, feed: feed{visibilitySeconds: 1800, maxReceives: captureAttempts, batchSize: 1},
	},
}

// captureAttempts is what functions/capture counts to; a test holds them together.
const captureAttempts = 5

// thawFeed brings what could not be captured back to capture. There is one command left to
// be waited for. Five receives are an hour and a half, in which an agent may come back.
var thawFeed = feed{visibilitySeconds: 1200, maxReceives: 5, batchSize: 1}
