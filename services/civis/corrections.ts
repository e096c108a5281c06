import * as Effect from "effect/Effect"
import type { Correction } from "../../src/spec/Document.js"
import * as Overlay from "../../src/spec/Overlay.js"

/**
 * Corrections of Civis' specification (OpenAPI Overlay 1.0): the overlay that `Learn.fromExamples` makes of it. Its recorded responses hold
 * nulls and types that it does not declare.
 */
export const overlay: Overlay.Overlay = {
  overlay: "1.0.0",
  info: {
    title: "Corrections of Civis Analytics API",
    version: "1"
  },
  actions: [
    {
      target: "$.definitions.Credential.properties.description",
      description:
        "Seen: null 20 times, string never (GET /credentials/ 200, GET /credentials/{id} 200, POST /credentials/ 201 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Credential.properties.remoteHostId",
      description:
        "Seen: null 9 times, integer 11 times (GET /credentials/ 200, GET /credentials/{id} 200, POST /credentials/ 201 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Credential.properties.remoteHostName",
      description:
        "Seen: null 9 times, string 11 times (GET /credentials/ 200, GET /credentials/{id} 200, POST /credentials/ 201 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Credential.properties.state",
      description:
        "Seen: null 20 times, string never (GET /credentials/ 200, GET /credentials/{id} 200, POST /credentials/ 201 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.CsvExport.properties.maxFileSize",
      description:
        "Seen: null 5 times, integer never (GET /exports/files/csv/{id} 200, PATCH /exports/files/csv/{id} 200, POST /exports/files/csv 201 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.CsvImport.properties.maxErrors",
      description: "Seen: null once, integer twice (PATCH /imports/files/csv/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.CsvImportRun.properties.error",
      description:
        "Seen: null 3 times, string never (GET /imports/files/csv/{id}/runs 200, POST /imports/files/csv/{id}/runs 202).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.CsvImportRun.properties.finishedAt",
      description: "Seen: null once, string twice (POST /imports/files/csv/{id}/runs 202).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.CsvImportRun.properties.startedAt",
      description: "Seen: null once, string twice (POST /imports/files/csv/{id}/runs 202).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.DatabaseWhitelistedIP.properties.authorizedBy",
      description: "Seen: integer once, string never (GET /databases/{id}/whitelist-ips/{whitelisted_ip_id} 200).",
      update: {
        type: ["string", "integer"]
      }
    },
    {
      target: "$.definitions.ExportsCsvExportRun.properties.error",
      description:
        "Seen: null twice, string never (GET /exports/files/csv/{id}/runs/{run_id} 200, POST /exports/files/csv/{id}/runs 202).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsCsvExportRun.properties.finishedAt",
      description:
        "Seen: null twice, string never (GET /exports/files/csv/{id}/runs/{run_id} 200, POST /exports/files/csv/{id}/runs 202).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsCsvExportRun.properties.outputCachedOn",
      description:
        "Seen: null twice, string never (GET /exports/files/csv/{id}/runs/{run_id} 200, POST /exports/files/csv/{id}/runs 202).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsCsvExportRun.properties.startedAt",
      description:
        "Seen: null twice, string never (GET /exports/files/csv/{id}/runs/{run_id} 200, POST /exports/files/csv/{id}/runs 202).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsCsvExportRunSummary.properties.error",
      description: "Seen: null twice, string never (GET /exports/files/csv/{id}/runs 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsDestination.properties.filenamePrefix",
      description: "Seen: null once, string 4 times (GET /exports/files/csv/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsExportSummary.properties.lastRun",
      description: "Seen: null 5 times, object once (GET /exports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsStoragePath.properties.credentialId",
      description:
        "Seen: null 4 times, integer once (GET /exports/files/csv/{id} 200, PATCH /exports/files/csv/{id} 200, POST /exports/files/csv 201 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsStoragePath.properties.filePath",
      description:
        "Seen: null 4 times, string once (GET /exports/files/csv/{id} 200, PATCH /exports/files/csv/{id} 200, POST /exports/files/csv 201 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ExportsStoragePath.properties.storageHostId",
      description:
        "Seen: null 4 times, integer once (GET /exports/files/csv/{id} 200, PATCH /exports/files/csv/{id} 200, POST /exports/files/csv 201 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.File.properties.downloadUrl",
      description:
        "Seen: null 3 times, string 4 times (GET /files/{id} 200, PATCH /files/{id} 200, PUT /files/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.File.properties.expiresAt",
      description: "Seen: null twice, string 5 times (GET /files/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.File.properties.fileUrl",
      description:
        "Seen: null 3 times, string 4 times (GET /files/{id} 200, PATCH /files/{id} 200, PUT /files/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.FileDetectedInfo.properties.columnDelimiter",
      description:
        "Seen: null 3 times, string 4 times (GET /files/{id} 200, PATCH /files/{id} 200, PUT /files/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.FileDetectedInfo.properties.compression",
      description:
        "Seen: null 3 times, string 4 times (GET /files/{id} 200, PATCH /files/{id} 200, PUT /files/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.FileDetectedInfo.properties.includeHeader",
      description:
        "Seen: null 3 times, boolean 4 times (GET /files/{id} 200, PATCH /files/{id} 200, PUT /files/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.FilePost.properties.description",
      description: "Seen: null twice, string once (POST /files/ 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.FilePost.properties.expiresAt",
      description: "Seen: null once, string twice (POST /files/ 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Import.properties.archived",
      description: "Seen: boolean twice, string never (GET /imports/{id} 200, PUT /imports/{id} 200).",
      update: {
        type: ["string", "boolean"]
      }
    },
    {
      target: "$.definitions.Import.properties.lastRun",
      description: "Seen: null twice (GET /imports/{id} 200, PUT /imports/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Import.properties.nextRunAt",
      description: "Seen: null once, string once (GET /imports/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Import.properties.parentId",
      description: "Seen: null twice, integer never (GET /imports/{id} 200, PUT /imports/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.chunkingMethod",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.columnDelimiter",
      description:
        "Seen: null 8 times, string once (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.contactLists",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.distkey",
      description:
        "Seen: null 7 times, string twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.diststyle",
      description:
        "Seen: null 7 times, string twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.existingTableRows",
      description:
        "Seen: null 5 times, string 4 times (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.exportAction",
      description:
        "Seen: null 7 times, string twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.firstRowIsHeader",
      description:
        "Seen: null 7 times, boolean twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.identityColumn",
      description:
        "Seen: null 6 times, string 3 times (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.includeDeletedRecords",
      description:
        "Seen: null 9 times, boolean never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.invalidCharReplacement",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.lastModifiedColumn",
      description:
        "Seen: null 8 times, string once (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.maxErrors",
      description:
        "Seen: null 6 times, integer 3 times (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.partitionColumnName",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.partitionSchemaName",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.partitionTableName",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.partitionTablePartitionColumnMaxName",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.partitionTablePartitionColumnMinName",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.rowChunkSize",
      description:
        "Seen: null 7 times, integer twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.soqlQuery",
      description:
        "Seen: null 9 times, string never (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.sortkey1",
      description:
        "Seen: null 7 times, string twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.sortkey2",
      description:
        "Seen: null 7 times, string twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportAdvancedSyncOptions.properties.sqlQuery",
      description:
        "Seen: null 8 times, string once (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportBatchImport.properties.error",
      description: "Seen: null twice, string never (GET /imports/batches/{id} 200, POST /imports/batches 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportBatchImport.properties.finishedAt",
      description: "Seen: null twice, string never (GET /imports/batches/{id} 200, POST /imports/batches 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportBatchImport.properties.startedAt",
      description: "Seen: null twice, string never (GET /imports/batches/{id} 200, POST /imports/batches 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportBatchImportSummary.properties.error",
      description: "Seen: null twice, string never (GET /imports/batches 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportBatchImportSummary.properties.finishedAt",
      description: "Seen: null twice, string never (GET /imports/batches 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportBatchImportSummary.properties.startedAt",
      description: "Seen: null twice, string never (GET /imports/batches 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportColumnOverride.required[?@ == 'name']",
      description: "Missing in 2 of 6 objects (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      remove: true
    },
    {
      target: "$.definitions.ImportColumnOverride.required[?@ == 'type']",
      description: "Missing in 2 of 6 objects (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      remove: true
    },
    {
      target: "$.definitions.ImportGoogleWorksheet.properties.spreadsheetId",
      description: "Seen: null 4 times, string never (POST /imports/{id}/syncs 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportGoogleWorksheet.properties.worksheetId",
      description: "Seen: null 4 times, integer never (POST /imports/{id}/syncs 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportStorageSource.properties.credentialId",
      description: "Seen: null twice, integer once (PATCH /imports/files/csv/{id} 200, POST /imports/files/csv 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportStorageSource.properties.storageHostId",
      description: "Seen: null twice, integer once (PATCH /imports/files/csv/{id} 200, POST /imports/files/csv 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSummary.properties.archived",
      description: "Seen: boolean 5 times, string never (GET /imports/ 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.ImportSummary.properties.destination",
      description: "Seen: null once, object 4 times (GET /imports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSummary.properties.lastRun",
      description: "Seen: null 3 times, object twice (GET /imports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSummary.properties.source",
      description: "Seen: null twice, object 3 times (GET /imports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSummary.properties.syncType",
      description: "Seen: null once, string 4 times (GET /imports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSyncDestination.properties.databaseTable",
      description: "Seen: null twice, object 7 times (POST /imports/{id}/syncs 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSyncDestination.properties.googleWorksheet",
      description:
        "Seen: null 7 times, object twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSyncSource.properties.databaseTable",
      description:
        "Seen: null 6 times, object 3 times (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSyncSource.properties.file",
      description:
        "Seen: null 7 times, object twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSyncSource.properties.googleWorksheet",
      description:
        "Seen: null 7 times, object twice (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSyncSource.properties.id",
      description:
        "Seen: null 5 times, integer 4 times (POST /imports/{id}/syncs 201, PUT /imports/{id}/syncs/{sync_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportSyncSource.properties.path",
      description: "Seen: null once, string 8 times (POST /imports/{id}/syncs 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ImportTableColumns.properties.sqlType",
      description:
        "Seen: null 3 times, string 4 times (PATCH /imports/files/csv/{id} 200, POST /imports/files/csv 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Job.properties.archived",
      description: "Seen: boolean twice, string never (GET /jobs/{id} 200, GET /jobs/{id}/parents 200).",
      update: {
        type: ["string", "boolean"]
      }
    },
    {
      target: "$.definitions.Job.properties.fromTemplateId",
      description: "Seen: null twice, integer never (GET /jobs/{id} 200, GET /jobs/{id}/parents 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Job.properties.lastRun",
      description: "Seen: null once, object once (GET /jobs/{id}/parents 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Job.properties.runByUser",
      description: "Seen: null once, string once (GET /jobs/{id}/parents 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Job.properties.successEmailBody",
      description: "Seen: null twice, string never (GET /jobs/{id} 200, GET /jobs/{id}/parents 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Job.properties.successEmailSubject",
      description: "Seen: null twice, string never (GET /jobs/{id} 200, GET /jobs/{id}/parents 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobNestedJob.properties.fromTemplateId",
      description: "Seen: null 5 times, integer never (GET /jobs/{id}/children 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobNestedJob.properties.lastRun",
      description: "Seen: null 5 times (GET /jobs/{id}/children 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobNotifications.properties.stallWarningMinutes",
      description: "Seen: null twice, integer once (GET /imports/{id} 200, GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobNotifications.properties.successEmailBody",
      description: "Seen: null twice, string once (GET /imports/{id} 200, GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobNotifications.properties.successEmailFromName",
      description:
        "Seen: null 3 times, string never (GET /imports/{id} 200, GET /models/{id} 200, PUT /imports/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobNotifications.properties.successEmailReplyTo",
      description:
        "Seen: null 3 times, string never (GET /imports/{id} 200, GET /models/{id} 200, PUT /imports/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobNotifications.properties.successEmailSubject",
      description: "Seen: null twice, string once (GET /imports/{id} 200, GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobOutputSummary6.properties.value",
      description:
        "Seen: object once, null 6 times, string never (GET /exports/files/csv/{id}/runs/{run_id}/outputs 200).",
      update: {
        type: ["string", "object"],
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobOutputSummary7.properties.value",
      description: "Seen: object once, null 6 times, string never (GET /jobs/{id}/runs/{run_id}/outputs 200).",
      update: {
        type: ["string", "object"],
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobRun.properties.error",
      description:
        "Seen: null 33 times, string never (GET /exports/ 200, GET /imports/ 200, GET /imports/{id}/runs 200 and 11 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobRun.properties.finishedAt",
      description:
        "Seen: null 18 times, string 15 times (GET /imports/ 200, GET /jobs/ 200, GET /jobs/{id} 200 and 3 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobRun.properties.startedAt",
      description:
        "Seen: null 25 times, string 8 times (GET /exports/ 200, GET /imports/ 200, GET /jobs/ 200 and 8 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobSchedule.properties.scheduled",
      description:
        "Seen: null 45 times, boolean 7 times (GET /imports/ 200, GET /imports/{id} 200, GET /jobs/ 200 and 10 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobSchedule.properties.scheduledRunsPerHour",
      description:
        "Seen: null 52 times, integer never (GET /imports/ 200, GET /imports/{id} 200, GET /jobs/ 200 and 11 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobSummary.properties.archived",
      description: "Seen: boolean 20 times, string never (GET /jobs/ 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.JobSummary.properties.fromTemplateId",
      description: "Seen: null 20 times, integer never (GET /jobs/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JobSummary.properties.lastRun",
      description: "Seen: null 6 times, object 14 times (GET /jobs/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.JsonValue.properties.value",
      description:
        "Seen: integer once, object twice, string never (GET /json_values/{id} 200, PATCH /json_values/{id} 200, POST /json_values/ 201).",
      update: {
        type: ["string", "integer", "object"]
      }
    },
    {
      target: "$.definitions.ModelingBuildDetail.properties.description",
      description:
        "Seen: null 3 times, string never (GET /models/{id}/builds 200, GET /models/{id}/builds/{build_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildDetail.properties.error",
      description:
        "Seen: null 3 times, string never (GET /models/{id}/builds 200, GET /models/{id}/builds/{build_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildDetail.properties.output",
      description: "Seen: null once, string twice (GET /models/{id}/builds 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildDetail.properties.rSquaredError",
      description:
        "Seen: null 3 times, number never (GET /models/{id}/builds 200, GET /models/{id}/builds/{build_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildDetail.properties.rocAuc",
      description:
        "Seen: null 3 times, number never (GET /models/{id}/builds 200, GET /models/{id}/builds/{build_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildDetail.properties.rootMeanSquaredError",
      description:
        "Seen: null 3 times, number never (GET /models/{id}/builds 200, GET /models/{id}/builds/{build_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildDetail.properties.transformationMetadata",
      description:
        "Seen: object 3 times, string never (GET /models/{id}/builds 200, GET /models/{id}/builds/{build_id} 200).",
      update: {
        type: "object"
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetail.properties.activeBuildId",
      description: "Seen: null once, integer never (GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetail.properties.archived",
      description: "Seen: boolean once, string never (GET /models/{id} 200).",
      update: {
        type: ["string", "boolean"]
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetail.properties.boxCoxTransformation",
      description: "Seen: null once, boolean never (GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetail.properties.currentBuildException",
      description: "Seen: null once, string never (GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetail.properties.lastOutputLocation",
      description: "Seen: null once, string never (GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetail.properties.limitingSQL",
      description: "Seen: null once, string never (GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetail.properties.numberOfFolds",
      description: "Seen: null once, integer never (GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetail.properties.parentId",
      description: "Seen: null once, integer never (GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetailSummary.properties.archived",
      description: "Seen: boolean 9 times, string never (GET /models/ 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetailSummary.properties.boxCoxTransformation",
      description: "Seen: null 9 times, boolean never (GET /models/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetailSummary.properties.currentBuildException",
      description: "Seen: null 9 times, string never (GET /models/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetailSummary.properties.lastOutputLocation",
      description: "Seen: null 9 times, string never (GET /models/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetailSummary.properties.lastRun",
      description: "Seen: null 9 times (GET /models/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetailSummary.properties.limitingSQL",
      description: "Seen: null 9 times, string never (GET /models/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetailSummary.properties.numberOfFolds",
      description: "Seen: null 9 times, integer never (GET /models/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildModelDetailSummary.properties.parentId",
      description: "Seen: null 9 times, integer never (GET /models/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildSummary.properties.description",
      description: "Seen: null 5 times, string never (GET /models/ 200, GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildSummary.properties.rSquaredError",
      description: "Seen: null 5 times, number never (GET /models/ 200, GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildSummary.properties.rocAuc",
      description: "Seen: null 5 times, number never (GET /models/ 200, GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingBuildSummary.properties.rootMeanSquaredError",
      description: "Seen: null 5 times, number never (GET /models/ 200, GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ModelingPredictionView.properties.limitingSQL",
      description: "Seen: null once, string never (GET /models/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.PreprocessCsv.properties.columnDelimiter",
      description: "Seen: null once, string once (POST /files/preprocess/csv 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.PreprocessCsv.properties.includeHeader",
      description: "Seen: null once, boolean once (POST /files/preprocess/csv 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsEnhancement.properties.lastRun",
      description: "Seen: null twice (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsFile.properties.expired",
      description: "Seen: null twice, boolean never (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsImportOrExport.properties.finishedAt",
      description: "Seen: null 4 times, string never (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsImportOrExport.properties.lastRun",
      description: "Seen: null twice, object twice (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsNotebook.properties.currentDeploymentId",
      description: "Seen: null twice, integer twice (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsNotebook.properties.lastDeploy",
      description: "Seen: null twice, object twice (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsProject.properties.archived",
      description:
        "Seen: boolean 3 times, string never (GET /projects/{project_id} 200, POST /projects/ 200, PUT /projects/{project_id} 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.ProjectsProject.properties.description",
      description: "Seen: null once, string twice (GET /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsProject.properties.note",
      description: "Seen: null twice, string once (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsProject.properties.parentProject",
      description:
        "Seen: null 3 times (GET /projects/{project_id} 200, POST /projects/ 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsProjectObject.properties.archived",
      description: "Seen: boolean 15 times, string never (GET /projects/{project_id} 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.ProjectsProjectObject.properties.autoShare",
      description: "Seen: null 14 times, boolean once (GET /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsProjectObject.properties.myPermissionLevel",
      description: "Seen: null once, string 14 times (GET /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsProjectObject.properties.subType",
      description: "Seen: null 15 times, string never (GET /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsProjectSummary.properties.archived",
      description: "Seen: boolean 9 times, string never (GET /projects/ 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.ProjectsProjectSummary.properties.description",
      description: "Seen: null 9 times, string never (GET /projects/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsService.properties.currentDeploymentId",
      description:
        "Seen: null 4 times, integer never (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsService.properties.lastDeploy",
      description: "Seen: null twice, object twice (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsSubProject.properties.description",
      description: "Seen: null twice, string never (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ProjectsWorkflow.properties.lastExecution",
      description: "Seen: null twice (GET /projects/{project_id} 200, PUT /projects/{project_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Query.properties.archived",
      description: "Seen: boolean twice, string never (POST /queries/ 200).",
      update: {
        type: ["string", "boolean"]
      }
    },
    {
      target: "$.definitions.Query.properties.error",
      description: "Seen: null twice, string never (POST /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Query.properties.exception",
      description: "Seen: null twice, string never (POST /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Query.properties.filenamePrefix",
      description: "Seen: null once, string once (POST /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Query.properties.finishedAt",
      description: "Seen: null twice, string never (POST /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Query.properties.reportId",
      description: "Seen: null twice, integer never (POST /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Query.properties.scriptId",
      description: "Seen: null twice, integer never (POST /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Query.properties.startedAt",
      description: "Seen: null twice, string never (POST /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Query.properties.unquoted",
      description: "Seen: null once, boolean once (POST /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.archived",
      description:
        "Seen: boolean twice, string never (GET /queries/{id} 200, PUT /queries/{id}/scripts/{script_id} 200).",
      update: {
        type: ["string", "boolean"]
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.error",
      description: "Seen: null twice, string never (GET /queries/{id} 200, PUT /queries/{id}/scripts/{script_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.exception",
      description: "Seen: null twice, string never (GET /queries/{id} 200, PUT /queries/{id}/scripts/{script_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.finishedAt",
      description: "Seen: null once, string once (PUT /queries/{id}/scripts/{script_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.lastRunId",
      description: "Seen: null once, integer once (PUT /queries/{id}/scripts/{script_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.reportId",
      description:
        "Seen: null twice, integer never (GET /queries/{id} 200, PUT /queries/{id}/scripts/{script_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.resultRows.items.items",
      description:
        "Seen: integer 8 times, string never (GET /queries/{id} 200, PUT /queries/{id}/scripts/{script_id} 200).",
      update: {
        type: ["string", "integer"]
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.scriptId",
      description: "Seen: null once, integer once (GET /queries/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QueryDetail.properties.startedAt",
      description: "Seen: null once, string once (PUT /queries/{id}/scripts/{script_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.archived",
      description: "Seen: boolean 10 times, string never (GET /queries/ 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.error",
      description: "Seen: null 10 times, string never (GET /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.exception",
      description: "Seen: null 10 times, string never (GET /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.finishedAt",
      description: "Seen: null 10 times, string never (GET /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.lastRunId",
      description: "Seen: null 8 times, integer twice (GET /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.reportId",
      description: "Seen: null 10 times, integer never (GET /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.resultRows.items.items",
      description: "Seen: integer 16 times, string never (GET /queries/ 200).",
      update: {
        type: ["string", "integer"]
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.scriptId",
      description: "Seen: null 10 times, integer never (GET /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.QuerySummary.properties.startedAt",
      description: "Seen: null 8 times, string twice (GET /queries/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.apiKey",
      description:
        "Seen: null 6 times, string once (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.apiKeyId",
      description:
        "Seen: null 6 times, integer once (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.archived",
      description:
        "Seen: boolean 7 times, string never (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200 and 1 more).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.authThumbnailUrl",
      description:
        "Seen: null 7 times, string never (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.config",
      description:
        "Seen: null 7 times, string never (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.description",
      description:
        "Seen: null 7 times, string never (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.finishedAt",
      description: "Seen: null 3 times, string 4 times (PATCH /reports/{id} 200, POST /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.lastRun",
      description: "Seen: null 3 times, object 4 times (PATCH /reports/{id} 200, POST /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.provideAPIKey",
      description: "Seen: null once, boolean 6 times (PATCH /reports/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.tableauId",
      description:
        "Seen: null 7 times, integer never (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.templateId",
      description:
        "Seen: null 6 times, integer once (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportDetail.properties.vizUpdatedAt",
      description:
        "Seen: null 7 times, string never (GET /reports/{id} 200, PATCH /reports/{id} 200, POST /reports/ 200 and 1 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.archived",
      description: "Seen: boolean 3 times, string never (GET /reports/ 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.authThumbnailUrl",
      description: "Seen: null 3 times, string never (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.finishedAt",
      description: "Seen: null once, string twice (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.jobPath",
      description: "Seen: null once, string twice (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.lastRun",
      description: "Seen: null once, object twice (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.script",
      description: "Seen: null once, object twice (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.state",
      description: "Seen: null once, string twice (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.tableauId",
      description: "Seen: null twice, integer once (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.templateId",
      description: "Seen: null twice, integer once (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ReportSummary.properties.vizUpdatedAt",
      description: "Seen: null 3 times, string never (GET /reports/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Role.properties.description",
      description: "Seen: null 18 times, string never (GET /roles/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.SearchQueryRunSummary.properties.error",
      description: "Seen: null twice, string never (GET /search/queries 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.SearchQueryRunSummary.properties.finishedAt",
      description: "Seen: null twice, string never (GET /search/queries 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ShareDependenciesSummary.properties.description",
      description: "Seen: null twice, string never (GET /workflows/{id}/dependencies 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ShareDependenciesSummary.properties.permissionLevel",
      description: "Seen: null once, string once (GET /workflows/{id}/dependencies 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.ShareTransferDependencies.properties.description",
      description: "Seen: null once, string never (PUT /workflows/{id}/transfer 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Table.properties.description",
      description: "Seen: null twice, string never (GET /tables/{id} 200, POST /tables/{id}/refresh 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Table.properties.distkey",
      description: "Seen: null twice, string never (GET /tables/{id} 200, POST /tables/{id}/refresh 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Table.properties.lastRefresh",
      description: "Seen: null twice, string never (GET /tables/{id} 200, POST /tables/{id}/refresh 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Table.properties.lastRun",
      description: "Seen: null once, object once (GET /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Table.properties.refreshId",
      description: "Seen: integer once, null once, string never (GET /tables/{id} 200, POST /tables/{id}/refresh 200).",
      update: {
        type: ["string", "integer"],
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Table.properties.sizeMb",
      description: "Seen: null twice, number never (GET /tables/{id} 200, POST /tables/{id}/refresh 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Table.properties.sortkeys",
      description: "Seen: null twice, string never (GET /tables/{id} 200, POST /tables/{id}/refresh 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Table.properties.viewDef",
      description: "Seen: null twice, string never (GET /tables/{id} 200, POST /tables/{id}/refresh 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableCassNcoaEnhancement.properties.ncoaCredentialId",
      description: "Seen: null once, integer twice (POST /tables/{source_table_id}/enhancements/cass-ncoa 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableColumn.properties.avgValue",
      description: "Seen: null 5 times, number never (GET /tables/{id} 200, GET /tables/{id}/columns 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableColumn.properties.coverageCount",
      description: "Seen: null 3 times, integer twice (GET /tables/{id} 200, GET /tables/{id}/columns 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableColumn.properties.encoding",
      description: "Seen: null 5 times, string never (GET /tables/{id} 200, GET /tables/{id}/columns 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableColumn.properties.maxValue",
      description: "Seen: null 3 times, string twice (GET /tables/{id} 200, GET /tables/{id}/columns 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableColumn.properties.minValue",
      description: "Seen: null 3 times, string twice (GET /tables/{id} 200, GET /tables/{id}/columns 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableColumn.properties.nullCount",
      description: "Seen: null 3 times, integer twice (GET /tables/{id} 200, GET /tables/{id}/columns 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableColumn.properties.stddev",
      description: "Seen: null 5 times, number never (GET /tables/{id} 200, GET /tables/{id}/columns 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummarySummary.properties.description",
      description: "Seen: null 12 times, string never (GET /databases/{id}/tables 200, GET /tables/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummarySummary.properties.distkey",
      description: "Seen: null 12 times, string never (GET /databases/{id}/tables 200, GET /tables/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummarySummary.properties.lastRefresh",
      description: "Seen: null 12 times, string never (GET /databases/{id}/tables 200, GET /tables/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummarySummary.properties.lastRun",
      description: "Seen: null 12 times (GET /databases/{id}/tables 200, GET /tables/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummarySummary.properties.refreshId",
      description: "Seen: null 12 times, string never (GET /databases/{id}/tables 200, GET /tables/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummarySummary.properties.sizeMb",
      description: "Seen: null 12 times, number never (GET /databases/{id}/tables 200, GET /tables/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummarySummary.properties.sortkeys",
      description: "Seen: null 12 times, string never (GET /databases/{id}/tables 200, GET /tables/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithColumnNamesSummary.properties.description",
      description: "Seen: null twice, string never (GET /databases/{id}/tables-search 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithColumnNamesSummary.properties.distkey",
      description: "Seen: null once, string once (GET /databases/{id}/tables-search 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithColumnNamesSummary.properties.lastRefresh",
      description: "Seen: null twice, string never (GET /databases/{id}/tables-search 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithColumnNamesSummary.properties.lastRun",
      description: "Seen: null twice (GET /databases/{id}/tables-search 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithColumnNamesSummary.properties.refreshId",
      description: "Seen: null twice, string never (GET /databases/{id}/tables-search 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithColumnNamesSummary.properties.sizeMb",
      description: "Seen: null once, integer once (GET /databases/{id}/tables-search 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithColumnNamesSummary.properties.sortkeys",
      description: "Seen: null once, string once (GET /databases/{id}/tables-search 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.dataUpdatedAt",
      description: "Seen: null twice, string never (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.description",
      description: "Seen: null once, string once (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.distkey",
      description: "Seen: null twice, string never (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.lastRefresh",
      description: "Seen: null twice, string never (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.lastRun",
      description: "Seen: null twice (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.refreshId",
      description: "Seen: null twice, string never (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.schemaUpdatedAt",
      description: "Seen: null twice, string never (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.sizeMb",
      description: "Seen: null twice, number never (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.TableSummaryWithOntology.properties.sortkeys",
      description: "Seen: null twice, string never (PATCH /tables/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserApiKey.properties.lastUsedAt",
      description:
        "Seen: null twice, string never (DELETE /users/{id}/api_keys/{key_id} 200, GET /users/{id}/api_keys/{key_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserApiKey.properties.revokedAt",
      description: "Seen: null once, string once (GET /users/{id}/api_keys/{key_id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserApiKeyCreateResponse.properties.lastUsedAt",
      description: "Seen: null twice, string never (POST /users/{id}/api_keys 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserApiKeyCreateResponse.properties.revokedAt",
      description: "Seen: null twice, string never (POST /users/{id}/api_keys 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserApiKeySummary.properties.lastUsedAt",
      description: "Seen: null twice, string once (GET /users/{id}/api_keys 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserApiKeySummary.properties.revokedAt",
      description: "Seen: null 3 times, string never (GET /users/{id}/api_keys 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.city",
      description: "Seen: null 3 times, string never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.createdById",
      description: "Seen: null twice, integer once (GET /users/{id} 200, PATCH /users/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.department",
      description: "Seen: null 3 times, string never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.exemptFromOrgSmsOtpDisabled",
      description: "Seen: null 3 times, boolean never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.githubUsername",
      description: "Seen: null 3 times, string never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.lastSeenAt",
      description: "Seen: null twice, string once (GET /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.lastUpdatedById",
      description: "Seen: null once, integer twice (GET /users/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.organizationSmsOtpDisabled",
      description: "Seen: null twice, boolean once (GET /users/{id} 200, PATCH /users/{id} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.otpRequiredForLogin",
      description: "Seen: null once, boolean twice (POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.phone",
      description: "Seen: null 3 times, string never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.ssoDisabled",
      description: "Seen: null once, boolean twice (POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.state",
      description: "Seen: null 3 times, string never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.title",
      description: "Seen: null 3 times, string never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.unconfirmedEmail",
      description: "Seen: null 3 times, string never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserDetail.properties.vpnEnabled",
      description: "Seen: null 3 times, boolean never (GET /users/{id} 200, PATCH /users/{id} 200, POST /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserMe.properties.assumingAdminExpiration",
      description: "Seen: null once, string never (GET /users/me 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserMe.properties.createdById",
      description: "Seen: null once, integer never (GET /users/me 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserMe.properties.customBranding",
      description: "Seen: null once, string never (GET /users/me 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserMe.properties.lastUpdatedById",
      description: "Seen: null once, integer never (GET /users/me 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserMe.properties.organizationDefaultThemeId",
      description: "Seen: null once, integer never (GET /users/me 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserMe.properties.personaRole",
      description: "Seen: null once, string never (GET /users/me 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserMe.properties.preferences.additionalProperties",
      description: "Seen: integer once, boolean twice, string never (GET /users/me 200).",
      update: {
        type: ["string", "integer", "boolean"]
      }
    },
    {
      target: "$.definitions.UserMe.properties.superadminModeExpiration",
      description: "Seen: null once, string never (GET /users/me 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserSimpleUser.properties.online",
      description:
        "Seen: null 30 times, boolean 100 times (GET /jobs/ 200, GET /models/ 200, GET /models/{id} 200 and 2 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserSimpleUserWithEmailSummary.properties.online",
      description: "Seen: null once, boolean never (GET /users/me/organization_admins 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserSummary.properties.createdById",
      description: "Seen: null 3 times, integer never (GET /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.UserSummary.properties.lastUpdatedById",
      description: "Seen: null 3 times, integer never (GET /users/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Workflow.properties.archived",
      description:
        "Seen: boolean 5 times, string never (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.Workflow.properties.description",
      description:
        "Seen: null 4 times, string once (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Workflow.properties.fileId",
      description:
        "Seen: integer 5 times, string never (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        type: "integer"
      }
    },
    {
      target: "$.definitions.Workflow.properties.lastExecutionId",
      description:
        "Seen: null 5 times, integer never (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Workflow.properties.nextExecutionAt",
      description:
        "Seen: null 5 times, string never (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.Workflow.properties.validationErrors",
      description:
        "Seen: null 5 times, string never (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowExecution.properties.finishedAt",
      description:
        "Seen: null 6 times, string never (GET /workflows/{id}/executions/{execution_id} 200, POST /workflows/{id}/executions 201, POST /workflows/{id}/executions/{execution_id}/cancel 202 and 2 more).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowExecutionSummary.properties.finishedAt",
      description: "Seen: null twice, string never (GET /workflows/{id}/executions 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowNotifications.properties.stallWarningMinutes",
      description:
        "Seen: null 5 times, integer never (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowNotifications.properties.successEmailBody",
      description:
        "Seen: null 5 times, string never (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowNotifications.properties.successEmailSubject",
      description:
        "Seen: null 5 times, string never (GET /workflows/{id} 200, POST /workflows/ 201, POST /workflows/{id}/clone 201).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowSummary.properties.archived",
      description: "Seen: boolean 6 times, string never (GET /jobs/{id}/workflows 200, GET /workflows/ 200).",
      update: {
        type: "boolean"
      }
    },
    {
      target: "$.definitions.WorkflowSummary.properties.description",
      description: "Seen: null 6 times, string never (GET /jobs/{id}/workflows 200, GET /workflows/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowSummary.properties.fileId",
      description: "Seen: integer 6 times, string never (GET /jobs/{id}/workflows 200, GET /workflows/ 200).",
      update: {
        type: "integer"
      }
    },
    {
      target: "$.definitions.WorkflowSummary.properties.nextExecutionAt",
      description: "Seen: null 4 times, string twice (GET /jobs/{id}/workflows 200, GET /workflows/ 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowTask.properties.mistralStateInfo",
      description:
        "Seen: null 3 times, string never (GET /workflows/{id}/executions/{execution_id} 200, POST /workflows/{id}/executions/{execution_id}/retry 202).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.definitions.WorkflowTaskDetail.properties.mistralStateInfo",
      description:
        "Seen: null once, string never (GET /workflows/{id}/executions/{execution_id}/tasks/{task_name} 200).",
      update: {
        "x-nullable": true
      }
    },
    {
      target: "$.paths['/credentials/authenticate'].post.responses['200'].schema['$ref']",
      description: "Seen: object once, without most of the required properties (POST /credentials/authenticate 200).",
      remove: true
    },
    {
      target: "$.paths['/credentials/authenticate'].post.responses['200'].schema",
      description: "Seen: object once, without most of the required properties (POST /credentials/authenticate 200).",
      update: {
        anyOf: [
          {
            $ref: "#/definitions/Credential"
          },
          {
            type: "object"
          }
        ]
      }
    },
    {
      target: "$.paths['/jobs/{id}/children'].get.responses['200'].schema['$ref']",
      description: "Seen: array 3 times (GET /jobs/{id}/children 200).",
      remove: true
    },
    {
      target: "$.paths['/jobs/{id}/children'].get.responses['200'].schema",
      description: "Seen: array 3 times (GET /jobs/{id}/children 200).",
      update: {
        type: "array",
        items: {
          $ref: "#/definitions/JobNestedJob"
        }
      }
    },
    {
      target: "$.paths['/jobs/{id}/parents'].get.responses['200'].schema['$ref']",
      description: "Seen: array twice (GET /jobs/{id}/parents 200).",
      remove: true
    },
    {
      target: "$.paths['/jobs/{id}/parents'].get.responses['200'].schema",
      description: "Seen: array twice (GET /jobs/{id}/parents 200).",
      update: {
        anyOf: [
          {
            $ref: "#/definitions/Job"
          },
          {
            type: "array",
            items: {
              $ref: "#/definitions/Job"
            }
          }
        ]
      }
    },
    {
      target: "$.paths['/search/'].get.responses['200'].schema",
      description: "Seen: object once, array never (GET /search/ 200).",
      update: {
        type: ["array", "object"]
      }
    }
  ]
}

/** The corrections, as the functions that read documents take them. */
export const corrections: Effect.Effect<ReadonlyArray<Correction>> = Effect.map(Overlay.correction(overlay), (one) => [
  one
])
