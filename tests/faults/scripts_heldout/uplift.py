import lightgbm_runtime

print(lightgbm_runtime.predict)
