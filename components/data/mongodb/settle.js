// Creates the services' user, and records the completed request. Runs in mongosh; environment: HOST, ADMIN_PASSWORD,
// SERVICES_PASSWORD, REQUEST.
const { HOST, ADMIN_PASSWORD, SERVICES_PASSWORD, REQUEST = "" } = process.env;
const connection = connect(`mongodb://admin:${encodeURIComponent(ADMIN_PASSWORD)}@${HOST}:27017/admin`);
const user = { pwd: SERVICES_PASSWORD, roles: [{ role: "readWriteAnyDatabase", db: "admin" }] };
if (connection.getUser("services") === null) connection.createUser({ user: "services", ...user });
else connection.updateUser("services", user);
const lab = connection.getSiblingDB("lab");
if (REQUEST !== "") lab.orders.updateOne({ _id: REQUEST }, { $set: { at: new Date() } }, { upsert: true });
// Last, because an interruption before this point restores the same dump again.
lab.restores.deleteOne({ _id: "unfinished" });
