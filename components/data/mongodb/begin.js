// Records that a restore has begun, so that an interrupted restore is not taken for complete data. settle.js deletes the
// record. Runs in mongosh; environment: HOST, ADMIN_PASSWORD; SOURCE, the dump; STATE, the state before the restore.
const { HOST, ADMIN_PASSWORD, SOURCE, STATE } = process.env;
const connection = connect(`mongodb://admin:${encodeURIComponent(ADMIN_PASSWORD)}@${HOST}:27017/admin`);
connection
  .getSiblingDB("lab")
  .restores.updateOne(
    { _id: "unfinished" },
    { $set: { source: SOURCE, over: STATE !== "empty" } },
    { upsert: true },
  );
