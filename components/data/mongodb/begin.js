// Remembers that a restore has begun, so that one that is cut short is not taken for what MongoDB should hold. settle.js
// forgets it. mongosh runs it; its environment: HOST, ADMIN_PASSWORD; SOURCE, the dump; STATE, what was there before.
const { HOST, ADMIN_PASSWORD, SOURCE, STATE } = process.env;
const connection = connect(`mongodb://admin:${encodeURIComponent(ADMIN_PASSWORD)}@${HOST}:27017/admin`);
connection
  .getSiblingDB("lab")
  .restores.updateOne(
    { _id: "unfinished" },
    { $set: { source: SOURCE, over: STATE !== "empty" } },
    { upsert: true },
  );
