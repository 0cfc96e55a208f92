-- CreateEnum
CREATE TYPE "SourceKind" AS ENUM ('PATH', 'UPLOAD', 'URL');

-- CreateEnum
CREATE TYPE "AnalysisState" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "StageName" AS ENUM ('FETCH', 'PROBE', 'DECODE', 'TRANSCRIBE', 'EMBED', 'TAG', 'PUBLISH');

-- CreateEnum
CREATE TYPE "EventKind" AS ENUM ('STATE', 'STAGE', 'PROGRESS');

-- CreateEnum
CREATE TYPE "Signal" AS ENUM ('TEXT', 'PICTURE', 'SOUND');

-- CreateEnum
CREATE TYPE "ShotKind" AS ENUM ('CONTENT', 'BLACK', 'CARD', 'LOGO');

-- CreateEnum
CREATE TYPE "LineKind" AS ENUM ('SPEECH', 'MUSIC', 'SOUND');

-- CreateEnum
CREATE TYPE "LineOrigin" AS ENUM ('SIDECAR', 'EMBEDDED', 'PLATFORM', 'RECOGNISER');

-- CreateEnum
CREATE TYPE "LabelGroupKind" AS ENUM ('GENRE', 'MOOD', 'THEME');

-- CreateEnum
CREATE TYPE "TagState" AS ENUM ('ACCEPTED', 'SUGGESTED', 'BELOW_THRESHOLD', 'ABSTAINED');

-- CreateEnum
CREATE TYPE "TagWeight" AS ENUM ('PRIMARY', 'MAJOR', 'SIGNIFICANT');

-- CreateEnum
CREATE TYPE "Verdict" AS ENUM ('ACCEPT', 'REJECT', 'PRIMARY');

-- CreateTable
CREATE TABLE "Title" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "releaseYear" INTEGER,
    "synopsis" TEXT,
    "genres" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Title_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ExternalId" (
    "source" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "titleId" TEXT NOT NULL,

    CONSTRAINT "ExternalId_pkey" PRIMARY KEY ("source","value")
);

-- CreateTable
CREATE TABLE "Trailer" (
    "id" TEXT NOT NULL,
    "titleId" TEXT NOT NULL,
    "sourceKind" "SourceKind" NOT NULL,
    "sourceLocator" TEXT NOT NULL,
    "contentHash" TEXT,
    "durationSeconds" DOUBLE PRECISION,
    "width" INTEGER,
    "height" INTEGER,
    "language" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Trailer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Analysis" (
    "id" TEXT NOT NULL,
    "trailerId" TEXT NOT NULL,
    "state" "AnalysisState" NOT NULL DEFAULT 'QUEUED',
    "stage" "StageName",
    "pack" TEXT NOT NULL,
    "subtitles" TEXT,
    "force" BOOLEAN NOT NULL DEFAULT false,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "idempotencyKey" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "crashes" INTEGER NOT NULL DEFAULT 0,
    "worker" TEXT,
    "cancelRequested" BOOLEAN NOT NULL DEFAULT false,
    "lastEvent" INTEGER NOT NULL DEFAULT 0,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "errorRetryable" BOOLEAN,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Analysis_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AnalysisStage" (
    "analysisId" TEXT NOT NULL,
    "stage" "StageName" NOT NULL,
    "attempt" INTEGER NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),
    "cached" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "AnalysisStage_pkey" PRIMARY KEY ("analysisId","stage")
);

-- CreateTable
CREATE TABLE "AnalysisEvent" (
    "analysisId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "kind" "EventKind" NOT NULL,
    "state" "AnalysisState" NOT NULL,
    "stage" "StageName",
    "progress" DOUBLE PRECISION NOT NULL,
    "message" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "AnalysisEvent_pkey" PRIMARY KEY ("analysisId","number")
);

-- CreateTable
CREATE TABLE "StageResult" (
    "contentHash" TEXT NOT NULL,
    "stage" "StageName" NOT NULL,
    "version" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "StageResult_pkey" PRIMARY KEY ("contentHash","stage","version")
);

-- CreateTable
CREATE TABLE "Shot" (
    "trailerId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "startSeconds" DOUBLE PRECISION NOT NULL,
    "endSeconds" DOUBLE PRECISION NOT NULL,
    "kind" "ShotKind" NOT NULL,
    "thumbnail" TEXT,

    CONSTRAINT "Shot_pkey" PRIMARY KEY ("trailerId","index")
);

-- CreateTable
CREATE TABLE "Line" (
    "trailerId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "startSeconds" DOUBLE PRECISION NOT NULL,
    "endSeconds" DOUBLE PRECISION NOT NULL,
    "text" TEXT NOT NULL,
    "kind" "LineKind" NOT NULL,
    "speaker" TEXT,
    "origin" "LineOrigin" NOT NULL,
    "confidence" DOUBLE PRECISION,

    CONSTRAINT "Line_pkey" PRIMARY KEY ("trailerId","index")
);

-- CreateTable
CREATE TABLE "SignalVector" (
    "id" TEXT NOT NULL,
    "trailerId" TEXT NOT NULL,
    "signal" "Signal" NOT NULL,
    "model" TEXT NOT NULL,
    "vector" BYTEA,
    "measures" JSONB NOT NULL,
    "missingReason" TEXT,

    CONSTRAINT "SignalVector_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "MomentVector" (
    "signalVectorId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "startSeconds" DOUBLE PRECISION NOT NULL,
    "endSeconds" DOUBLE PRECISION NOT NULL,
    "vector" BYTEA NOT NULL,
    "line" TEXT,
    "shotIndex" INTEGER,

    CONSTRAINT "MomentVector_pkey" PRIMARY KEY ("signalVectorId","index")
);

-- CreateTable
CREATE TABLE "Label" (
    "id" TEXT NOT NULL,
    "group" "LabelGroupKind" NOT NULL,
    "name" TEXT NOT NULL,
    "definition" TEXT NOT NULL,

    CONSTRAINT "Label_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Classifier" (
    "id" TEXT NOT NULL,
    "pack" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT false,
    "figures" JSONB NOT NULL,
    "author" TEXT,
    "parentId" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Classifier_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Prediction" (
    "id" TEXT NOT NULL,
    "trailerId" TEXT NOT NULL,
    "analysisId" TEXT NOT NULL,
    "classifierId" TEXT NOT NULL,
    "quality" JSONB NOT NULL,
    "fused" BYTEA NOT NULL,
    "fusedModel" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Prediction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Tag" (
    "predictionId" TEXT NOT NULL,
    "labelId" TEXT NOT NULL,
    "probability" DOUBLE PRECISION NOT NULL,
    "threshold" DOUBLE PRECISION NOT NULL,
    "state" "TagState" NOT NULL,
    "weight" "TagWeight",
    "shares" JSONB NOT NULL,

    CONSTRAINT "Tag_pkey" PRIMARY KEY ("predictionId","labelId")
);

-- CreateTable
CREATE TABLE "Evidence" (
    "predictionId" TEXT NOT NULL,
    "labelId" TEXT NOT NULL,
    "rank" INTEGER NOT NULL,
    "startSeconds" DOUBLE PRECISION NOT NULL,
    "endSeconds" DOUBLE PRECISION NOT NULL,
    "signal" "Signal" NOT NULL,
    "contribution" DOUBLE PRECISION NOT NULL,
    "line" TEXT,
    "shotIndex" INTEGER,

    CONSTRAINT "Evidence_pkey" PRIMARY KEY ("predictionId","labelId","rank")
);

-- CreateTable
CREATE TABLE "Review" (
    "id" TEXT NOT NULL,
    "predictionId" TEXT NOT NULL,
    "labelId" TEXT NOT NULL,
    "verdict" "Verdict" NOT NULL,
    "reason" TEXT,
    "reviewer" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "undoneAt" TIMESTAMPTZ(3),

    CONSTRAINT "Review_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Upload" (
    "id" TEXT NOT NULL,
    "contentHash" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "fileName" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Upload_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Process" (
    "id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "workers" TEXT[],
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heartbeatAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Process_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Title_name_id_idx" ON "Title"("name", "id");

-- CreateIndex
CREATE INDEX "Title_releaseYear_id_idx" ON "Title"("releaseYear", "id");

-- CreateIndex
CREATE INDEX "Title_createdAt_id_idx" ON "Title"("createdAt", "id");

-- CreateIndex
CREATE INDEX "ExternalId_titleId_idx" ON "ExternalId"("titleId");

-- CreateIndex
CREATE INDEX "Trailer_contentHash_idx" ON "Trailer"("contentHash");

-- CreateIndex
CREATE UNIQUE INDEX "Trailer_titleId_sourceKind_sourceLocator_key" ON "Trailer"("titleId", "sourceKind", "sourceLocator");

-- CreateIndex
CREATE UNIQUE INDEX "Analysis_idempotencyKey_key" ON "Analysis"("idempotencyKey");

-- CreateIndex
CREATE INDEX "Analysis_trailerId_createdAt_idx" ON "Analysis"("trailerId", "createdAt");

-- CreateIndex
CREATE INDEX "Analysis_state_idx" ON "Analysis"("state");

-- CreateIndex
CREATE UNIQUE INDEX "SignalVector_trailerId_signal_model_key" ON "SignalVector"("trailerId", "signal", "model");

-- CreateIndex
CREATE UNIQUE INDEX "Classifier_fingerprint_key" ON "Classifier"("fingerprint");

-- CreateIndex
CREATE UNIQUE INDEX "Prediction_analysisId_key" ON "Prediction"("analysisId");

-- CreateIndex
CREATE INDEX "Prediction_trailerId_createdAt_idx" ON "Prediction"("trailerId", "createdAt");

-- CreateIndex
CREATE INDEX "Tag_labelId_state_probability_idx" ON "Tag"("labelId", "state", "probability");

-- CreateIndex
CREATE INDEX "Review_predictionId_labelId_idx" ON "Review"("predictionId", "labelId");

-- CreateIndex
CREATE INDEX "Process_heartbeatAt_idx" ON "Process"("heartbeatAt");

-- AddForeignKey
ALTER TABLE "ExternalId" ADD CONSTRAINT "ExternalId_titleId_fkey" FOREIGN KEY ("titleId") REFERENCES "Title"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Trailer" ADD CONSTRAINT "Trailer_titleId_fkey" FOREIGN KEY ("titleId") REFERENCES "Title"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Analysis" ADD CONSTRAINT "Analysis_trailerId_fkey" FOREIGN KEY ("trailerId") REFERENCES "Trailer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AnalysisStage" ADD CONSTRAINT "AnalysisStage_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AnalysisEvent" ADD CONSTRAINT "AnalysisEvent_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Shot" ADD CONSTRAINT "Shot_trailerId_fkey" FOREIGN KEY ("trailerId") REFERENCES "Trailer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Line" ADD CONSTRAINT "Line_trailerId_fkey" FOREIGN KEY ("trailerId") REFERENCES "Trailer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SignalVector" ADD CONSTRAINT "SignalVector_trailerId_fkey" FOREIGN KEY ("trailerId") REFERENCES "Trailer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MomentVector" ADD CONSTRAINT "MomentVector_signalVectorId_fkey" FOREIGN KEY ("signalVectorId") REFERENCES "SignalVector"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Classifier" ADD CONSTRAINT "Classifier_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "Classifier"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Prediction" ADD CONSTRAINT "Prediction_trailerId_fkey" FOREIGN KEY ("trailerId") REFERENCES "Trailer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Prediction" ADD CONSTRAINT "Prediction_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Prediction" ADD CONSTRAINT "Prediction_classifierId_fkey" FOREIGN KEY ("classifierId") REFERENCES "Classifier"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Tag" ADD CONSTRAINT "Tag_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Tag" ADD CONSTRAINT "Tag_labelId_fkey" FOREIGN KEY ("labelId") REFERENCES "Label"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Evidence" ADD CONSTRAINT "Evidence_predictionId_labelId_fkey" FOREIGN KEY ("predictionId", "labelId") REFERENCES "Tag"("predictionId", "labelId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Review" ADD CONSTRAINT "Review_predictionId_fkey" FOREIGN KEY ("predictionId") REFERENCES "Prediction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Review" ADD CONSTRAINT "Review_labelId_fkey" FOREIGN KEY ("labelId") REFERENCES "Label"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
