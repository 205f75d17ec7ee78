-- No statement finds a claim by its holder: an index that every new claim paid for.
DROP INDEX claims_holder;
